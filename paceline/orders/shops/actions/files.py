"""Files that shops leave: each taken once by its content, when it has stopped growing."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from paceline.files.actions import FileTooLarge
from paceline.imports import actions as imports
from paceline.imports.models import Import, ImportState
from paceline.kernel import audit
from paceline.live import actions as live
from paceline.orders.shops.actions.shops import access_to
from paceline.orders.shops.asking import AskingFailed
from paceline.orders.shops.folder.places import Left, Place, place_of
from paceline.orders.shops.models import Comparison, Shop, ShopFile, ShopKind, ShopStop

# A file that has neither grown nor changed for so long is whole.
STILL = timedelta(seconds=60)
TAKEN_AT_ONCE_MAX = 50


def look_for_files(*, shop: Shop, at: datetime) -> Comparison:
    """Take in every whole file that was not taken before; the rest is looked at again.

    What a file would change is checked as an upload's is; one with rejected lines waits among the
    imports to be mended. Every file is a transaction of its own.
    """
    done = Comparison(shop=shop, since=at, until=at, started_at=at, ended_at=at)
    try:
        place = place_of(shop.options, access_to(shop))
        for left in place.files():
            if done.orders >= TAKEN_AT_ONCE_MAX:
                break
            if _is_whole(shop, left, at):
                done.orders += 1
                done.missed += _take(shop, place, left, at)
    except AskingFailed as error:
        done.failure, done.failure_params = error.code, error.params
    return _note(done)


@transaction.atomic
def _note(done: Comparison) -> Comparison:
    """Keep the look. One that found nothing goes on with the last that found nothing: they come
    every few minutes."""
    last = done.shop.comparisons.first()
    if last is not None and (last.orders, last.failure) == (done.orders, done.failure) == (
        0,
        done.failure,
    ):
        last.until, last.ended_at = done.until, done.ended_at
        last.save(update_fields=["until", "ended_at"])
        return last
    done.save()
    live.publish_all(["shops", f"shop:{done.shop_id}"], "looked")
    return done


@transaction.atomic
def _is_whole(shop: Shop, left: Left, at: datetime) -> bool:
    """Whether a file lay there like this before, long enough, and has not been dealt with."""
    dealt = ShopFile.objects.filter(
        shop=shop, name=left.name, size=left.size, changed_at=left.changed_at
    )
    if dealt.exclude(digest="", code="").exists():
        return False
    seen, is_new = ShopFile.objects.get_or_create(
        shop=shop,
        name=left.name,
        digest="",
        defaults={"size": left.size, "changed_at": left.changed_at, "seen_at": at},
    )
    if is_new or (seen.size, seen.changed_at) != (left.size, left.changed_at):
        seen.size, seen.changed_at, seen.seen_at, seen.code = left.size, left.changed_at, at, ""
        seen.save(update_fields=["size", "changed_at", "seen_at", "code"])
        return False
    return bool(left.size) and at - seen.seen_at >= STILL


def _take(shop: Shop, place: Place, left: Left, at: datetime) -> bool:
    """Fetch a file and import it; returns whether it was new."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        place.fetch(left.name, path)
        if path.stat().st_size != left.size:  # it grew while it was fetched: another look
            return False
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        try:
            with transaction.atomic():
                return _import(shop, left, path, digest, at)
        except FileTooLarge:
            _settle(shop, left, "file_too_large")
            return False


@transaction.atomic
def _settle(shop: Shop, left: Left, code: str) -> None:
    ShopFile.objects.filter(shop=shop, name=left.name, digest="").update(code=code)


def _import(shop: Shop, left: Left, path: Path, digest: str, at: datetime) -> bool:
    seen = ShopFile.objects.select_for_update().get(shop=shop, name=left.name, digest="")
    if ShopFile.objects.filter(shop=shop, digest=digest).exists():
        seen.code = "known"
        seen.save(update_fields=["code"])
        return False
    by = shop.set_up_by
    source = imports.upload(
        kind=shop.options["import_kind"], content=path, name=left.name, by=by, at=at
    )
    if not source.refusal:
        source = imports.check(source=source, by=by, at=at)
    is_clean = _is_clean(source)
    if is_clean:
        source = imports.commit(source=source, by=by, at=at)
    seen.digest, seen.taken_at, seen.source = digest, at, source
    seen.code = "" if is_clean or _changes_nothing(source) else "rejected"
    seen.save(update_fields=["digest", "taken_at", "source", "code"])
    audit.record("shop_file_taken", subject=seen, by=None, at=at,
                 after={"digest": digest, "import": source.pk, "code": seen.code})  # fmt: skip
    live.publish_all(["shops", f"shop:{shop.pk}"], "file")
    return True


def _is_clean(source: Import) -> bool:
    """All lines or none: a file with a rejected line waits whole."""
    totals = source.totals
    return (
        source.state == ImportState.CHECKED
        and not source.refusal
        and not totals["rejected"]
        and bool(totals["accepted"])
    )


def _changes_nothing(source: Import) -> bool:
    return not source.refusal and source.totals.get("rows") == 0


def shops_with_files() -> list[Shop]:
    """Shops that leave files and are not stopped."""
    stopped = ShopStop.objects.filter(lifted_at__isnull=True).values("shop")
    rows = Shop.objects.filter(kind=ShopKind.FILES).exclude(pk__in=stopped)
    return list(rows.select_related("set_up_by"))
