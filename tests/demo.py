"""``make demo``: crawl stand-in sites into an embedded database and show what was stored."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from crawlers.storage.embedded import drop
from tests.replica import Pair, UserSpec, World, replica_process
from tests.replica.apify import ApifyWorld
from tests.replica.duelingbook import DuelWorld
from tests.replica.process import HasJson
from tests.replica.shopee import ShopeeWorld
from tests.replica.tiktok_shop import TikTokShopWorld
from tests.replica.vlr import VlrWorld

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".crawlers" / "demo"
CHESS = World(
    users=(
        UserSpec("Ada", games=400, ongoing=2),
        UserSpec("Boris", games=150, odd=0.4),
        UserSpec("Retired", closed=True),
    ),
    pairs=(Pair("Ada", "Boris", games=30),),
    pool=60,
)
ESPORTS = VlrWorld(teams=8, events=4, matches=8, per_page=12)
DUELS = DuelWorld(replays=4)
GOODS = ShopeeWorld(products=90)
MORE_GOODS = TikTokShopWorld(products=12)
PEOPLE = ApifyWorld(followers=40)
DAY_S = 24 * 3600
OTHERS = re.compile("DATABASE_URL|LICHESS_TOKEN|APIFY_TOKEN|LOG_FORMAT|AWS_|PROXY_|BROWSER_CDP_URL")
"""Variables of the person's own crawls; the demo uses nothing of them."""

QUERIES = (
    (
        "How did each player's games end, by colour?",
        """select p.id as player,
       count(*) filter (where white_id = p.id and winner = 'white') as won_as_white,
       count(*) filter (where black_id = p.id and winner = 'black') as won_as_black,
       count(*) filter (where winner is null) as undecided, count(*) as games
from chess_players p join chess_games g on p.id in (g.white_id, g.black_id)
group by p.id order by games desc""",
    ),
    (
        "Who had the best rating over at least three maps?",
        """select player_name, count(*) as maps, round(avg(rating)::numeric, 2) as rating,
       sum(kills) as kills, sum(deaths) as deaths
from esports_map_players where side = 'both' and game_id <> 'all' and rating is not null
group by player_id, player_name having count(*) >= 3 order by avg(rating) desc limit 5""",
    ),
    (
        "How often does the one who goes first win a duel?",
        """select r.format_name as format, count(*) as games,
       count(*) filter (where g.winner = g.went_first) as won_by_who_went_first,
       round(avg(g.turns), 1) as turns, round(avg(g.duration_s)) as seconds
from duel_games g join duel_replays r on r.id = g.replay
where g.result = 'won' group by r.format_name order by games desc""",
    ),
    (
        "Whose price fell most since the day before?",
        """select p.platform, p.name, s.currency, s.price_minor, s.lowest_minor, s.highest_minor,
       s.since_yesterday_percent as percent
from product_price_statistics s join products p on (p.platform, p.id) = (s.platform, s.product_id)
where s.variant_id is null and s.since_yesterday_percent < 0
order by percent, p.id limit 5""",
    ),
    (
        "Who follows, by a guess from first names?",
        """select account, count(*) as followers,
       count(*) filter (where gender = 'female') as female,
       count(*) filter (where gender = 'male') as male,
       count(*) filter (where gender = 'unknown') as unknown
from follows f join profiles p on p.id = f.profile_id group by account order by account""",
    ),
)


def scrapy(*words: str) -> int:
    """Run a ``scrapy`` command on the demo's own data; its output is shown."""
    kept = {name: value for name, value in os.environ.items() if not OTHERS.match(name)}
    environment = kept | {
        "CRAWLERS_HOME": str(HOME),
        "CRAWLERS_TEST": "1",
        "RAW_STORE_URL": "",
        "APIFY_TOKEN": PEOPLE.token,
    }
    shown = (f'"{word}"' if " " in word else word for word in words)
    say(f"\n$ scrapy {' '.join(shown)}")
    command = [sys.executable, "-m", "scrapy", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def say(text: str) -> None:
    """Print *text* before anything that a command prints."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def crawl(source: str, world: HasJson, *options: str) -> tuple[int, int]:
    """Crawl a stand-in; return the exit code and how many transfers it saw at once."""
    warm = ["--warm"] if source == "lichess" else []
    with replica_process(source, world, *warm) as site:
        spider = "instagram" if source == "apify" else source
        code = scrapy("crawl", spider, *options, "-a", f"origin={site.origin}", "-L", "WARNING")
        return code, site.state["max_overlap"]


def shops() -> int:
    """Watch two shops, one of them for three days of a simulated clock; return the exit code."""
    http = ("-a", "fetch=http", "-a", "keywords=lamp,bottle", "-s", "DOWNLOAD_DELAY=0")
    tiktok = ("-a", f"region={MORE_GOODS.region}", *http)
    codes = []
    with replica_process("shopee", GOODS) as site:
        for day in range(3):
            site.control("clock", GOODS.begin + day * DAY_S)
            watch = ("-a", f"origin={site.origin}", "-s", "SIMULATED_CLOCK=1", "-L", "WARNING")
            codes.append(scrapy("crawl", "shopee", *http, *watch))
    codes.append(crawl("tiktok_shop", MORE_GOODS, *tiktok)[0])
    return max(codes)


def main() -> int:
    """Crawl, show the tables, answer three questions. Return the worst exit code."""
    drop(HOME)
    shutil.rmtree(HOME, ignore_errors=True)
    say("Starting stand-ins for six sites on this machine ...")
    ids = ",".join(str(DUELS.first_id + number) for number in range(DUELS.replays))
    chess = crawl("lichess", CHESS, "-a", "players=Ada,Boris,Retired", "-s", "SERIAL_DELAY_S=0.1")
    esports = crawl(
        "vlr", ESPORTS, "-a", "section=results", "-a", "pages=2", "-s", "SHARED_DELAY_S=0"
    )
    duels = crawl("duelingbook", DUELS, "-a", f"ids={ids}", "-s", "DOWNLOAD_DELAY=0")
    goods = shops()
    people = crawl("apify", PEOPLE, "-a", "accounts=ada,boris", "-a", "max_followers=40")
    scrapy("tables")
    codes = [chess[0], esports[0], duels[0], goods, people[0]]
    for question, statement in QUERIES:
        say(f"\n{question}")
        codes.append(scrapy("psql", "-c", statement))
    say(f"\nTransfers at once, as the sites counted them: lichess {chess[1]}, vlr {esports[1]}.")
    say(f"The rows and pages are in {HOME.relative_to(ROOT)}; `make clean` removes them.")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
