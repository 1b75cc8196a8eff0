"""The library's advice names arguments of Python; here they become the flags that stand for them."""

import re

# As messages below this room write them: an argument alone, or with the value to give.
_ARGUMENTS: tuple[tuple[str, str], ...] = (
    (r"refs=\['([^']+)'\]", r"--ref \1"),
    (r"refs=\[\.\.\.\]", "--ref"),
    (r"find=\['([^']+)'\]", r"--find \1"),
    (r"find=\[\.\.\.\]", "--find"),
    (r"vary=\{'([^']+)': \['one', 'two'\]\}", r"--vary \1=one,two"),
    (r"vary=\{'([^']+)': \['([^']+)'\]\}", r"--vary \1=\2"),
    (r"\bvary: ", "--vary "),
    (r"\bvary(?= cannot use)|(?<=values of )vary\b", "--vary"),
    (r"(?:generate|embed)=\{'(engine|model|provider|precision)': \.\.\.\}", r"--\1"),
    (r"(?:generate|embed)=\{'(engine|model|provider)': '([^']+)'\}", r"--\1 \2"),
    (r"generate=\{'allow_unknown_price': True\}", "--allow-unknown-price"),
    (r"\bmax_cost_usd\b", "--max-cost"),
    (r"\bout=\.\.\.", "--out"),
    (r"\bpath=DIR\b", "--library DIR"),
    (r"\bdrop_failed=True\b", "--drop-failed"),
    (r"\border is for a listing", "--order is for a listing"),
)
_PATTERNS = tuple((re.compile(pattern), flag) for pattern, flag in _ARGUMENTS)


def in_flags(advice: str) -> str:
    """Return a message of the library as the command line says it.

    Example:
        >>> in_flags("the recipe box needs a picture as product; give it with refs=['FILE:product']")
        'the recipe box needs a picture as product; give it with --ref FILE:product'
    """
    for pattern, flag in _PATTERNS:
        advice = pattern.sub(flag, advice)
    return advice
