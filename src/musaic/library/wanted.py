"""What is wanted: a brief, with its references found."""

import re
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import cast, get_args

from musaic.errors import PlanError, UnknownRecipeError, UnknownWordsError
from musaic.library.arguments import check_prompt, several, varied
from musaic.library.base import is_text
from musaic.library.doubts import Near, in_words
from musaic.library.find import FindingLibrary
from musaic.library.references import by_hand
from musaic.schemas import Brief, ImageModel, Recipe, Reference, Role

_NOT_GENERATED = 'kind != "generated"'
# Hits that are references already are passed over; so many more are looked at.
_SPARE_HITS = 16
# One word right behind a colon is meant as a role; "size: large" and "16:9" are not.
_ROLE_LIKE = re.compile(r"[^\W\d]+")


class WantingLibrary(FindingLibrary):
    """A library that finds references for a picture."""

    @cached_property
    def _told_broken(self) -> set[str]:
        return set()

    def recipes(self, *, strict: bool = False) -> dict[str, Recipe]:
        """Return all recipes by name: Musaic's own, and those in this library's `recipes`, which override them.

        Args:
            strict: Whether a file that cannot be used is an error; else it is left out, with a notice.

        Raises:
            UnknownRecipeError: A file of the library's recipes cannot be used, and `strict` is set.
        """
        from musaic.generate.tables import load_recipes

        return load_recipes(self.folder / "recipes", on_broken=None if strict else self._broken_recipe)

    def _broken_recipe(self, name: str, error: UnknownRecipeError) -> None:
        if name not in self._told_broken:
            self._told_broken.add(name)
            self._notify(f"{error}; it is left out")

    def brief(
        self,
        prompt: str,
        *,
        find: Iterable[str] | str = (),
        refs: Iterable[str | Path] | str | Path = (),
        recipe: str = "promo",
        ratios: Iterable[str] | str = (),
        size: str | None = None,
        variants: int = 1,
        vary: Mapping[str, Iterable[str] | str] | None = None,
        find_limit: int | None = None,
        where: str | None = None,
        include_generated: bool = False,
    ) -> Brief:
        """Return what is wanted, with its references: those by hand first, then those searched for.

        Args:
            prompt: What the picture should show.
            find: Words to search references with, each perhaps with a role: ``straw hat:accessory``.
                Where neither `find` nor `refs` is given, the prompt itself is searched with.
            refs: ``FILE|ID[:role]`` each; files need not be in the library.
            recipe: See `recipes`.
            ratios: Such as ``16:9``; by default the recipe's. Several show one picture.
            size: ``512``, ``1K``, ``2K`` or ``4K``; by default the recipe's.
            variants: How many pictures of each combination.
            vary: Words by name; all their combinations are made.
            find_limit: How many references each of `find` brings, by default 1, or the prompt itself, by
                default the recipe's number.
            where: A filter for references that are searched for.
            include_generated: Whether pictures made earlier may be found; drafts among them only for a draft.

        Raises:
            UnknownRecipeError: There is no such recipe.
            UnknownAssetError: One of `refs` is nowhere.
            UnknownWordsError: The encoder knows no word of one of `find`.
            PlanError: The prompt is empty, or nothing near was found for one of `find`, or its role does not exist.
        """
        from musaic import filters
        from musaic.generate.tables import find_recipe

        find, refs, ratios = several("find", find), several("refs", refs), several("ratios", ratios)
        words = varied(vary)
        check_prompt(prompt)
        if not prompt.strip():
            raise PlanError("the prompt is empty; say what the picture should show")
        grid = (word for name, some in words.items() for word in (name, *some))
        for text in (prompt, *find, *grid):
            if not is_text(text):
                raise PlanError(f"{text!a} is not valid UTF-8")
        if where is not None:
            filters.parse(where)  # its faults are told before anything is added to it
        chosen = find_recipe(recipe, self.recipes())
        references = by_hand(refs, ledger=self._ledger, library=self.folder, recipe=chosen)
        search = _Search(self, self._filter(where, include_generated=include_generated), chosen)
        by_prompt = chosen.find_limit if find_limit is None else find_limit
        # Opened once for several searches.
        with self._opened() if find or not refs else nullcontext():
            for text in find:
                search.add(references, text, limit=1 if find_limit is None else find_limit)
            if not (find or refs):
                search.try_prompt(references, prompt, limit=by_prompt)
        return Brief(
            prompt=prompt,
            recipe=chosen.name,
            references=tuple(references),
            ratios=ratios or (chosen.ratio,),
            size=size or chosen.size,
            variants=variants,
            vary=words,
        )

    def _filter(self, where: str | None, *, include_generated: bool) -> str | None:
        from musaic.library.choosing import DRAFTING, choose_model

        parts = [f"({where})"] if where is not None else []
        if not include_generated:
            return " and ".join([*parts, _NOT_GENERATED])
        wanted = self.settings.generate
        if choose_model(wanted, self._models(), parent=None, by_hand=self._by_hand).engine != DRAFTING:
            # A model would take a draft's lettering and layout for the product.
            parts.append(f'not (kind == "generated" and metadata.engine == "{DRAFTING}")')
        return " and ".join(parts) or None

    def _models(self) -> dict[str, ImageModel]:
        from musaic.generate.tables import load_models

        return load_models(self.settings.generate.models)


class _Search:
    def __init__(self, library: WantingLibrary, where: str | None, recipe: Recipe) -> None:
        self._library, self._where, self._recipe = library, where, recipe

    def add(self, references: list[Reference], find: str, *, limit: int) -> None:
        """Add the nearest assets that are not references yet; none that is nearly always wrong.

        Args:
            references: Added to.
            find: Words, perhaps with a role: ``straw hat:accessory``.
            limit: Most of them.

        Raises:
            PlanError: There is no such role, or nothing near.
        """
        text, role = _with_role(find)
        taken = {each.asset_id for each in references}
        found = self._library._near(text, limit=limit + len(taken) + _SPARE_HITS, where=self._where)
        fresh = [hit for hit in found.hits if hit.asset_id not in taken]
        if not fresh and limit:
            raise PlanError(_nothing(text, found))
        if found.parts:
            self._library._notify(f"{in_words(found.parts)}; name them one by one with find=[...]")
        before = len(references)
        references += [
            Reference(
                number=before + number,
                asset_id=hit.asset_id,
                path=hit.path,
                role=role or self._recipe.find_role,
                cosine=hit.cosine,
            )
            for number, hit in enumerate(fresh[:limit], 1)
        ]

    def try_prompt(self, references: list[Reference], prompt: str, *, limit: int) -> None:
        """Add what the prompt itself finds; without any of it the picture is made from words alone."""
        try:
            if limit:
                self.add(references, prompt, limit=limit)
        except UnknownWordsError as exc:
            why, _, _ = str(exc).partition(". ")
            self._library._notify(f"no references, name them with find=[...] or refs=[...]: {why}")
        except PlanError as exc:
            self._library._notify(f"no references: {exc}")


def _nothing(text: str, found: Near) -> str:
    told = f"nothing in this library was found for {text!r}"
    if found.doubts:
        first = found.doubts[0]
        told = f"no picture of this library is near {text!r}: the nearest, {first.hit.path}, {first.why}"
    if found.parts:
        return f"{told}; {in_words(found.parts)}; name them one by one with find=[...]"
    return f"{told}; find something else, or name a picture with refs=[...]"


def _with_role(find: str) -> tuple[str, Role | None]:
    """Return the words of a search, and the role that stands behind a colon, if one does."""
    text, colon, role = find.rpartition(":")
    if not colon or not text.strip():
        return find, None
    if role in get_args(Role):
        return text, cast("Role", role)
    if _ROLE_LIKE.fullmatch(role):
        raise PlanError(f"there is no role {role!r}; use one of {', '.join(get_args(Role))}")
    return find, None
