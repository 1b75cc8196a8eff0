"""What the drawn catalogue is made of: kinds, colours, materials, settings.

The order is part of the starter encoder's training data; append, never reorder.
"""

WEAR = (
    "dress", "halter dress", "suit", "cape", "t-shirt", "shirt", "longsleeve", "hoodie", "jacket", "coat",
    "waistcoat", "trousers", "shorts", "skirt", "scarf", "tie", "bow tie", "gloves", "socks", "swimsuit",
    "kimono", "apron", "hat", "cap", "beanie", "crown", "helmet", "high heels", "sneakers", "boots", "sandals",
)  # fmt: skip
ACCESSORIES = (
    "watch", "necklace", "pendant", "ring", "earrings", "bracelet", "brooch", "sunglasses", "belt", "handbag",
    "backpack", "suitcase", "umbrella",
)  # fmt: skip
OBJECTS = (
    "car", "convertible car", "bicycle", "figure", "packaging box", "plush bear", "mug", "bottle", "perfume",
    "vase", "lamp", "chair", "sofa", "clock", "guitar", "phone", "laptop", "headphones", "camera", "book",
    "candle", "teapot", "ball", "sword", "shield", "game controller",
)  # fmt: skip
KINDS = WEAR + ACCESSORIES + OBJECTS

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (205, 28, 36),
    "orange": (240, 130, 25),
    "yellow": (245, 218, 40),
    "green": (38, 145, 60),
    "blue": (32, 75, 200),
    "purple": (120, 45, 160),
    "pink": (245, 140, 185),
    "brown": (115, 70, 38),
    "black": (26, 26, 30),
    "white": (244, 244, 242),
    "gray": (130, 132, 136),
    "gold": (212, 170, 55),
    "silver": (192, 196, 203),
}

MATERIALS = ("plain", "striped", "dotted", "checked", "silk", "leather", "metallic", "knitted")
SETTINGS = ("studio", "backdrop", "beach", "street", "desk", "forest", "night")
