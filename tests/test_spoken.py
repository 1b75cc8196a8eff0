"""What is under a picture: the words of its file's name, and never an id."""

import pytest

from musaic.media.spoken import spoken_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("shop/gold_watch-01.jpg", "gold watch 01"),
        ("thea-watch-gold-01-studio.jpg", "thea watch gold 01 studio"),
        ("Red dress - front (2).jpg", "Red dress - front (2)"),
        ("red-t-shirt.png", "red t-shirt"),
        ("金色手表.png", "金色手表"),
        ("Часы_на-шёлке.webp", "Часы на шёлке"),
        ("cafe\u0301_noir.jpg", "café noir"),
        ("logo v1.5.svg.png", "logo v1.5.svg"),
        ("facade2024.jpg", "facade2024"),
        ("decade.jpg", "decade"),
        ("summer 009b3c31-34ba-4e11-b027-21ec8fa5a35e.jpg", "summer"),
        ("cape-1152ec2d1a1a71395b6f2ce6721c38924d025bf3.jpg", "cape"),
    ],
)
def test_a_name_is_its_words(path: str, name: str) -> None:
    assert spoken_name(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "009b3c31-34ba-4e11-b027-21ec8fa5a35e.jpg",
        "009B3C3134BA4E11B02721EC8FA5A35E.png",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "1f6a0b2c.jpg",
        "aXb3Kk29fjQ0pLmN4z81.webp",
        "IMG_2041.jpg",
        "IMG-20230112-WA0003.jpg",
        "DSC01234.JPG",
        "PXL_20230112_101112.jpg",
        "20230112_101112.png",
        "g-aa249a123994/picture.png",
        "...",
        "",
    ],
)
def test_what_is_no_name_is_none(path: str) -> None:
    assert spoken_name(path) == ""
