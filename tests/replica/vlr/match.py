"""A match's page: header, streams, and the frame of its maps."""

from collections.abc import Sequence
from html import escape

from tests.replica.vlr.events import Match
from tests.replica.vlr.frame import clock, eastern, eta, logo, page
from tests.replica.vlr.play import OTHER, Game
from tests.replica.vlr.scoreboard import scoreboards
from tests.replica.vlr.world import Generation, VlrWorld

TABS = ("overview", "performance", "economy")


def match_page(
    world: VlrWorld, match: Match, generation: Generation, encounters: Sequence[Match]
) -> bytes:
    """Render the overview of *match*; *encounters* are older matches of the same teams."""
    games = match.games
    shown = [game_block(match, game, generation) for game in games]
    if match.best_of > 1 and games:
        boards = scoreboards(match, games, generation)
        everything = f'<div class="vm-stats-game mod-active" data-game-id="all">{boards}</div>'
        shown.insert(1, everything)  # the site's order
    unplayed = len(games) if games else 0
    shown += [_unplayed(match, number) for number in range(unplayed, match.best_of) if games]
    body = (
        f'<div class="col mod-3">{header(world, match, generation)}{_bets()}'
        f"{_streams(match, generation)}"
        f"{stats_frame(match, 'overview', ''.join(shown))}"
        f"{_past(match, encounters)}{_comments()}</div>"
    )
    return page(f"{match.name(1)} vs. {match.name(2)}", body, "thread", _more(match))


def stats_frame(match: Match, tab: str, content: str) -> str:
    """Put the maps, or what a tab shows, between the tabs and the names of the maps."""
    tabs = "".join(
        f'<a href="/{match.id}/?tab={name}" class="vm-stats-tabnav-item '
        f'{"mod-active" if name == tab else ""} js-tab-switch" data-tab="{name}">'
        f"<div>{name.title()}</div></a>"
        for name in (TABS if match.games and match.tabs != "none" else TABS[:1])
    )
    return (
        '<div class="wf-label">Maps/Stats</div><div class="wf-card">'
        f'<div class="vm-stats" data-match-id="{match.id}" data-game-id="all" data-tab="{tab}">'
        f'<div class="vm-stats-tabnav">{tabs}</div>{_names(match)}'
        '<div class="vm-stats-loading"><i class="fa fa-spinner fa-spin"></i></div>'
        f'<div class="vm-stats-container">{content}</div></div></div>'
    )


def _names(match: Match) -> str:
    """Name the maps; a match of one map has no such bar."""
    games = match.games
    if match.best_of == 1 or not games:
        return ""
    items = ""
    for number in range(match.best_of):
        played = number < len(games)
        game = games[number].id if played else match.id * 10 + number
        items += (
            f'<div class="vm-stats-gamesnav-item js-map-switch {"" if played else "mod-disabled"}"'
            f' data-game-id="{game}" data-disabled="{int(not played)}">'
            f"<div><span>{number + 1}</span> {match.pool[number] if played else 'N/A'}</div></div>"
        )
    return (
        '<div class="vm-stats-gamesnav-container"><div class="vm-stats-gamesnav noselect">'
        '<div class="vm-stats-gamesnav-item js-map-switch mod-active mod-all mod-first"'
        f' data-game-id="all" data-disabled="0">All Maps</div>{items}</div></div>'
    )


def _unplayed(match: Match, number: int) -> str:
    return (
        f'<div class="vm-stats-game " data-game-id="{match.id * 10 + number}">'
        '<div class="vm-stats-game-header"><div class="team"><div class="score ">0</div>'
        f'<div><div class="team-name">{escape(match.name(1))}</div></div></div>'
        '<div class="map"><div><span>TBD</span></div></div>'
        '<div class="team mod-right"><div>'
        f'<div class="team-name">{escape(match.name(2))}</div></div>'
        '<div class="score ">0</div></div></div></div>'
    )


def game_block(match: Match, game: Game, generation: Generation) -> str:
    """Render one map: score, sides, rounds, and both scoreboards."""
    pick = f'<span class="picked mod-{game.picked_by} ge-text-light">PICK</span>'
    minutes = f"{game.duration_s // 60}:{game.duration_s % 60:02}" if game.ended else "-"
    return f"""
<div class="vm-stats-game " data-game-id="{game.id}"><div class="vm-stats-game-header">
  <div class="team">{_score(game, 1)}<div>
    <div class="team-name">{escape(match.name(1))}</div>{_halves(game, 1)}</div></div>
  <div class="map"><div style="font-weight: 700;"><span style="position: relative;">
    {game.map}{pick if game.picked_by else ""}</span></div>
    <div class="map-duration ge-text-light">{minutes}</div></div>
  <div class="team mod-right"><div>
    <div class="team-name">{escape(match.name(2))}</div>{_halves(game, 2)}</div>
    {_score(game, 2)}</div></div>
  {_rounds(match, game)}{scoreboards(match, [game], generation)}</div>"""


def _score(game: Game, team: int) -> str:
    won = "mod-win" if game.winner == team else ""
    return f'<div class="score {won}" style="margin-right: 12px">{game.score(team)}</div>'


def _halves(game: Game, team: int) -> str:
    first = game.first_side if team == 1 else OTHER[game.first_side]
    shown = [first, OTHER[first], *(["ot"] if len(game.rounds) > 24 else [])]
    spans = (f'<span class="mod-{side}">{game.score(team, side)}</span>' for side in shown)
    return " / ".join(spans)


def _rounds(match: Match, game: Game) -> str:
    if match.bare:
        return ""
    tags = "".join(
        f'<div class="team">{logo(t)} {escape(t.tag) if t else "TBD"}</div>' for t in match.teams
    )
    columns, score = "", [0, 0]
    for one in game.rounds:
        score[one.winner - 1] += 1
        if one.number in {13, 25}:
            columns += '<div class="vlr-rounds-row-col mod-spacing"></div>'
        won = (
            f'<div class="rnd-sq mod-win mod-{one.side}">'
            f'<img src="/img/vlr/game/round/{one.method}.webp"></div>'
        )
        squares = [won, '<div class="rnd-sq "></div>'][:: 1 if one.winner == 1 else -1]
        columns += (
            f'<div class="vlr-rounds-row-col" title="{score[0]}-{score[1]}">'
            f'<div class="rnd-num">{one.number}</div>{"".join(squares)}</div>'
        )
    return (
        '<div><div><div class="vlr-rounds"><div class="vlr-rounds-row">'
        f'<div class="vlr-rounds-row-col"><div></div>{tags}</div>{columns}</div></div></div></div>'
    )


def header(world: VlrWorld, match: Match, generation: Generation) -> str:
    """Render what stands above the maps."""
    event, stage = match.event, match.event.stages[match.stage]
    patch = "" if match.bare else '<div><div style="font-style: italic;">Patch 12.11</div></div>'
    at, when = eastern(match.starts), match.starts.astimezone(world.viewer)
    veto = "; ".join(match.vetoes) if match.games and not match.bare else ""
    if match.forfeit:
        veto = f"{match.name(2)} forfeited"
    note = f'<div class="match-header-note">{escape(veto)}</div>' if veto else ""
    time = f"{clock(match.starts, world.viewer)} {when:%Z}" if match.timed else "TBD"
    return f"""
<div class="wf-card  match-header"><div class="match-header-super"><div>
  <a href="{event.href()}/{stage.lower().replace(" ", "-")}" class="match-header-event">
    <img src="//owcdn.net/img/e.png" style="height: 32px;"><div>
    <div style="font-weight: 700;">{escape(event.name)}</div>
    <div class="match-header-event-series">{stage}:
      {match.round}</div></div></a></div>
  <div style="text-align: right;"><div class="match-header-date">
    <div class="moment-tz-convert" data-utc-ts="{at}" data-moment-format="dddd, MMMM D">
      {when:%A, %B} {when.day}</div>
    <div class="moment-tz-convert" data-utc-ts="{at}" data-moment-format="h:mm A z">
      {time}</div>{patch}</div></div></div>
<div class="match-header-vs">{_link(match, 1)}<div class="match-header-vs-score">
  {_verdict(world, match)}<div class="match-header-vs-score">{_total(match, generation)}</div>
  <div class="match-header-vs-note">Bo{match.best_of}</div></div>{_link(match, 2)}</div>
{note}</div>"""


def _verdict(world: VlrWorld, match: Match) -> str:
    if match.status == "completed":
        return '<div class="match-header-vs-note">final</div>'
    if match.status == "live":
        return '<div class="match-header-vs-note"><span class="mod-live">live</span></div>'
    away = eta(match.starts, world.at) if match.timed else "TBD"
    return f'<span class="match-header-vs-note mod-upcoming">{away}</span>'


def _total(match: Match, generation: Generation) -> str:
    if match.status in {"upcoming", "tbd"}:
        return ""
    spans = [
        f'<span class="match-header-vs-score-{"winner" if match.winner == t else "loser"}">'
        f"{match.score(t)}</span>"
        for t in (1, 2)
    ]
    score = '<span class="match-header-vs-score-colon">:</span>'.join(spans)
    shown = f'<div class="js-spoiler ">{score}</div>'
    if generation == "new":
        return f'<div class="sp-hide">{shown}</div><div class="sp-alt">vs.</div>'
    return f'{shown}<div class="js-spoiler wf-spoiler">vs.</div>'


def _link(match: Match, place: int) -> str:
    team = match.teams[place - 1]
    href = f' href="{team.href}"' if team else ""
    rating = f"[{team.rating}]" if team and not match.bare else ""
    name = (
        f'<div class="match-header-link-name mod-{place}">'
        f'<div class="wf-title-med ">{escape(match.name(place))}</div>'
        f'<div class="match-header-link-name-elo">{rating}</div></div>'
    )
    inner = name + logo(team) if place == 1 else logo(team) + name
    return f'<a class="match-header-link wf-link-hover mod-{place}"{href}>{inner}</a>'


def _bets() -> str:
    return (
        '<div><div class="wf-label">Betting</div><a href="/rr/bet/1" class="match-bet-item">'
        '<span class="match-bet-item-odds">$100</span></a></div>'
    )


def _streams(match: Match, generation: Generation) -> str:
    channel = f"https://www.twitch.tv/cup{match.event.id}"
    vod = f"https://youtu.be/v{match.id}"
    over = match.status == "completed"
    if generation == "new":
        entry = (
            '<div class="sm-vod"><span class="sm-vod-name">Full Match</span>'
            f'<a class="sm-ext" href="{vod}"></a></div>'
        )
        return (
            '<div class="sm-root"><div class="sm-pane sm-pane-streams"><div class="sm-btn">'
            '<i class="flag mod-un"></i><span class="sm-name">Main Stream</span>'
            f'<a class="sm-ext" href="{channel}" target="_blank"></a></div></div>'
            f'<div class="sm-pane sm-pane-vods">{entry if over else ""}</div></div>'
        )
    vods = f'<a href="{vod}" target="_blank" class="wf-card mod-dark">Full Match</a>'
    none = '<div class="wf-card mod-dark">Not yet available</div>'
    return (
        '<div class="match-streams"><div class="wf-label">Streams</div>'
        '<div class="match-streams-container">'
        '<div class="wf-card mod-dark noselect match-streams-btn mod-embed  ">'
        '<div class="match-streams-btn-embed js-stream-embed-btn"><i class="flag mod-un"></i>'
        f'<span>Main Stream</span></div><a class="match-streams-btn-external" href="{channel}"'
        ' target="_blank"></a></div></div></div><div class="match-vods">'
        '<div class="wf-label">VODs</div><div class="match-streams-container">'
        f"{vods if over else none}</div></div>"
    )


def _past(match: Match, encounters: Sequence[Match]) -> str:
    if None in match.teams:
        return ""
    rows = ""
    for old in encounters:
        straight = old.teams[0] is match.teams[0]
        left, right = (old.score(1), old.score(2)) if straight else (old.score(2), old.score(1))
        rows += (
            f'<a href="{old.href}" class="wf-module-item mod-h2h ">'
            '<div class="match-h2h-matches-event"><img src="//owcdn.net/img/e.png"><div>'
            f'<div class="match-h2h-matches-event-name text-of">{escape(old.event.name)}</div>'
            f'<div class="match-h2h-matches-event-series text-of">{old.round}</div></div></div>'
            '<div class="match-h2h-matches-score">'
            f'<span class="rf ">{left}</span><span class="ra ">{right}</span></div>'
            f'<div class="match-h2h-matches-date">{old.starts:%Y/%m/%d}</div></a>'
        )
    heads = "".join(
        f'<a href="{team.href}" class="match-h2h-header-team"><div>{escape(team.name)}</div></a>'
        for team in match.teams
        if team
    )
    inner = heads + (
        f'<div class="match-h2h-matches">{rows}</div>' if rows else "No previous encounters"
    )
    return f'<div class="wf-label">Head-to-head</div><div class="wf-card match-h2h">{inner}</div>'


def _comments() -> str:
    return (
        '<div class="post-container"><div class="wf-card post " data-post-id="77">'
        '<div class="post-header"><a class="post-header-author" href="/user/someone">someone</a>'
        '</div><div class="post-body"><p>gg</p></div></div></div>'
    )


def _more(match: Match) -> str:
    links = "".join(
        f'<a href="{other.href}" class="wf-module-item mm"><div class="mm-team text-of">'
        f"{escape(other.name(1))}</div></a>"
        for other in match.event.matches[:3]
    )
    return f'<div class="wf-card mod-dark mod-sidebar more-matches">{links}</div>'
