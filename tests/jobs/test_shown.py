"""Jobs as a terminal shows them."""

from tests.jobs.errands import Errands

ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31mred\u202e"
"""What renames a window, empties a screen, paints it and turns its letters round."""


async def test_what_others_wrote_moves_no_terminal(errands: Errands) -> None:
    job = await errands.submit(paths="/1,/2")
    errands.query("update jobs set status = 'failed', reason = %s", ESCAPES)
    errands.query("update jobs set arguments = jsonb_build_object('x', %s::text)", ESCAPES)
    errands.query("update job_units set name = name || %s, reason = %s", ESCAPES, ESCAPES)
    errands.query("update job_units set status = 'failed'")
    shown = [
        await errands.says(*words) for words in (("jobs",), ("job", job), ("job", job, "--units"))
    ]
    for page in shown:
        assert "red" in page
        assert all(one.isprintable() or one in "\n\t" for one in page), page


async def test_a_job_that_nobody_has_begun_says_who_would(errands: Errands) -> None:
    job = await errands.submit(paths="/1")
    assert "scrapy work" in await errands.says("job", job)
    await errands.says("cancel", job)
    assert "scrapy work" not in await errands.says("job", job)
