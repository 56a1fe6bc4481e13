"""The views of the database for docs/tables.md: what each says, and of its columns."""

from typing import NamedTuple


class View(NamedTuple):
    """A view: what it shows, and what there is to say of each column."""

    text: str
    columns: dict[str, str]


SERIES = {
    "platform": "",
    "product_id": "",
    "variant_id": "null for the product itself",
}
SHARE = "null where the other price is 0"

VIEWS = {
    "chess_analysed_moves": View(
        "Every move of every game that an engine has analysed here, one row for each half-move and "
        "engine. Beside it is what Lichess says: `chess_moves`.",
        {
            "game": "id in `chess_games`",
            "engine": "",
            "version": "",
            "ply": "1 for White's first",
            "san": "",
            "uci": "",
            "eval_cp": "after the move, in centipawns for White; null where there is a mate, and "
            "where the move won the game",
            "mate": "moves to mate, negative when Black mates",
            "line": "the best moves in place of this one and after it, in UCI",
            "win_percent": "White's chances after the move",
            "judgment": "Inaccuracy, Mistake or Blunder",
        },
    ),
    "chess_moves": View(
        "Every move of every game, one row for each half-move.",
        {
            "game": "id in `chess_games`",
            "ply": "1 for White's first",
            "san": "",
            "uci": "",
            "clock_cs": "left on the mover's clock, in centiseconds",
            "eval_cp": "after the move, in centipawns for White",
            "mate": "moves to mate, negative when Black mates",
            "best": "the better move, in UCI",
            "judgment": "Inaccuracy, Mistake or Blunder",
        },
    ),
    "keyword_price_statistics": View(
        "Prices of what a keyword has ever found, for each currency: of each product its latest. A "
        "product without a price counts with the currency that its page gave. "
        "`keyword_statistics(since, until)` says the same of the snapshots in a span, *until* not "
        "in it.",
        {
            "platform": "",
            "region": "",
            "keyword": "",
            "currency": "",
            "products": "all that the keyword found",
            "priced": "of these, those with a price",
            "lowest_minor": "of the current prices",
            "highest_minor": "of the current prices",
            "median_minor": "of the current prices",
            "since_yesterday_percent": "the median of the products' changes",
            "since_first_percent": "the median of the products' changes",
            "out_of_stock": "products that are now",
            "out_of_stock_spells": "of all of them",
        },
    ),
    "product_price_statistics": View(
        "Prices of a product or variant in one currency, over all time. Only snapshots with a "
        "price count. `price_statistics(since, until)` says the same of those in a span, *until* "
        "not in it: what was before is not known to it, but for a spell out of stock that goes on.",
        SERIES
        | {
            "currency": "",
            "points": "snapshots with a price",
            "first_at": "",
            "last_at": "",
            "first_minor": "the first price",
            "price_minor": "the current price, which is the last",
            "lowest_minor": "",
            "lowest_at": "the first time",
            "highest_minor": "",
            "highest_at": "the first time",
            "median_minor": "of the last price of each day (UTC)",
            "since_yesterday_minor": "against the last price before the day (UTC) of the current",
            "since_yesterday_percent": SHARE,
            "since_first_minor": "against the first price",
            "since_first_percent": SHARE,
            "out_of_stock_spells": "of the product or variant, in whatever currency",
            "out_of_stock_s": "seconds; a spell that lasts counts up to the last snapshot",
        },
    ),
    "product_stock_spells": View(
        "When a product or variant was out of stock. Availability that is unknown changes nothing; "
        "`gone` ends a spell and is none itself. `stock_statistics(since, until)` sums up a span.",
        SERIES
        | {
            "began_at": "",
            "ended_at": "null while it lasts",
            "known_until": "its end, or the last snapshot that knows of it",
        },
    ),
}
