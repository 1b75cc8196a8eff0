"""Peak memory: does it grow with the number of files?"""

from benchmarks.pictures import folder_of_small
from benchmarks.report import Claim, Report
from benchmarks.tiny import tiny_folder
from benchmarks.work import empty_folder, measure

_FLAT = 1.25


def peak(quick: bool) -> Report:
    """Ten times the files, against once."""
    few, many = (100, 1_000) if quick else (1_000, 10_000)
    outcomes = {count: _ingest(count) for count in (few, many)}
    figures = [
        [f"{got['before_mb']:.0f}", f"{got['peak_mb']:.0f}", f"{got['pictures'] / got['wall_s']:.0f}"]
        for got in outcomes.values()
    ]
    more = outcomes[many]["peak_mb"] - outcomes[few]["peak_mb"]
    return Report(
        f"Peak memory of ingesting {few:,} and {many:,} files",
        "480 × 360 JPEGs, a tiny model with vectors of 512 numbers, a new process and library each; most RSS of the "
        f"whole process, Milvus Lite in it. {1000 * more / (many - few):.1f} MB more for each further 1,000 files.",
        ("files", "MB before", "MB at most", "pictures/s"),
        [[f"{count:,}", *cells] for count, cells in zip(outcomes, figures, strict=True)],
        (Claim("peak, many ÷ few", outcomes[many]["peak_mb"] / outcomes[few]["peak_mb"], "<=", _FLAT),),
    )


def _ingest(count: int) -> dict[str, float]:
    folder = empty_folder(f"small-{count}")
    warm = folder_of_small(20)
    return measure(
        "musaic_side", pictures=folder_of_small(count), folder=folder, model=tiny_folder(), warm=warm
    )
