"""Rankings of the world and of a region, and the standings of a year's circuit."""

from collections.abc import Sequence
from html import escape

from tests.replica.vlr.events import Match
from tests.replica.vlr.frame import logo, money, page
from tests.replica.vlr.people import REGIONS, Team


def ranked(teams: Sequence[Team], region: str) -> list[Team]:
    """Give a region's active teams, the best first; no list of the site is empty."""
    mine = [team for team in teams if team.ranking == region and team.active] or teams[:1]
    return sorted(mine, key=lambda team: (-team.rating, team.id))


def world_page(teams: Sequence[Team]) -> bytes:
    """Render /rankings: the ten best of each region, without their records."""
    columns = ""
    for region, name in REGIONS.items():
        rows = "".join(
            '<tr class="wf-card mod-hover ">'
            f'<td class="rank-item-rank" data-sort-value="{1000 - n}"><a href="{team.href}">{n}</a>'
            f'</td><td data-sort-value="{escape(team.name)}" class="rank-item-team">'
            f'<a href="{team.href}" class="">{logo(team)}<div>'
            f'{escape(team.name)}<div class="rank-item-team-country">{team.country_name}</div>'
            f'</div></a></td><td data-sort-value="{team.rating + 34}" class="rank-item-rating '
            f'mod-world"><a href="{team.href}">{team.rating}</a></td></tr>'
            for n, team in enumerate(ranked(teams, region)[:10], 1)
        )
        columns += (
            f'<div class="world-rankings-col"><h2 class="wf-label mod-large mod-world">{name}</h2>'
            f'<table class="wf-faux-table mod-teams mod-world"><tbody>{rows}</tbody></table></div>'
        )
    body = f'<div class="col mod-1"><div class="world-rankings-container">{columns}</div></div>'
    return page("Valorant rankings", body, "rankings")


def region_page(teams: Sequence[Team], region: str, last: dict[int, Match]) -> bytes:
    """Render /rankings/{region}."""
    rows = ""
    for n, team in enumerate(ranked(teams, region), 1):
        game = last.get(team.id)
        href = f'<a class="rank-item-last" href="{game.href}">1d ago vs.</a>' if game else ""
        rows += (
            '<div class="rank-item wf-card fc-flex"><div class="rank-item-rank">'
            f'<div class="rank-item-rank-num">{n}</div></div>'
            f'<a class="rank-item-team fc-flex" href="{team.href}"'
            f' data-sort-value="{escape(team.name)}">{logo(team)}<div class="ge-text">'
            f'{escape(team.name)}<span class="rank-item-team-tag">#{escape(team.tag)}</span>'
            f'<div class="rank-item-team-country">{team.country_name}</div></div></a>{href}'
            f'<div class="rank-item-rating">{team.rating}</div>'
            f'<div class="rank-item-rating mod-short">{team.rating}</div>'
            '<div class="rank-item-matches mod-collapsed">'
            '<div class="rank-item-matches-dt mod-win">1</div></div>'
            '<div class="rank-item-streak mod-right"><span>2W</span></div>'
            f'<div class="rank-item-record">{team.id}–12<!--/0--></div>'  # noqa: RUF001 - as the site
            f'<div class="rank-item-record">{team.id + 40}–30</div>'  # noqa: RUF001 - as the site
            f'<div class="rank-item-earnings mod-right">{money(team.id * 1000)}</div></div>'
        )
    body = f'<div class="col mod-1"><div class="mod-scroll">{rows}</div></div>'
    return page(f"{REGIONS[region]} rankings", body, "rankings")


def circuit_page(year: int, teams: Sequence[Team]) -> bytes:
    """Render /vct-{year}/standings."""
    groups = ""
    for region in ("americas", "emea", "pacific", "china"):
        mine = sorted((t for t in teams if t.region == region), key=lambda t: -t.rating)
        rows = "".join(
            f'<tr><td class="eg-standing-group-team"><a href="{team.href}">{logo(team)}'
            f'<div class="text-of"><div style="font-weight: 700;">{escape(team.name)}</div>'
            f'<div class="ge-text-light">{team.country_name}</div></div></a></td>'
            f"<td>{team.rating % 40} points</td></tr>"
            for team in mine
        )
        groups += (
            f'<div class="eg-standing-group"><div class="wf-label mod-large">{region.title()} '
            'Points</div><table class="wf-table"><tr><th>Team</th><th>Points</th></tr>'
            f"{rows}</table></div>"
        )
    body = f'<div class="col mod-1"><div class="eg-standing-container">{groups}</div></div>'
    return page(f"VCT {year}: standings", body, "event-group")
