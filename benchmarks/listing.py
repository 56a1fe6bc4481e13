"""The page that the crawls read: a shop's listing, made up but shaped like the real thing."""

import random

WORDS = ("board", "pieces", "clock", "travel", "folding", "walnut", "maple", "digital", "classic")

CARD = """
    <li class="card product-card" data-sku="{sku}">
      <div class="card-media">
        <a class="media-link" href="/p/{sku}" tabindex="-1" aria-hidden="true">
          <img class="thumb lazy" src="/img/{sku}-200.webp" alt="" width="200" height="200">
        </a>
        <span class="badge">-{discount} %</span>
      </div>
      <div class="card-body">
        <h3 class="title"><a class="name" href="/p/{sku}">{name}</a></h3>
        <p class="rating"><span class="stars" title="{rating} of 5">{rating}</span>
          <span class="votes">({votes})</span></p>
        <p class="price"><del>{was}</del> <ins class="now">{price}</ins></p>
      </div>
    </li>"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Chess sets, page {number}</title>
<link rel="stylesheet" href="/site.css"><script>var page = {{"n": {number}}};</script></head>
<body class="listing"><header><nav><ul class="menu">{menu}</ul></nav></header>
<main><h1>Chess sets</h1><ul class="results">{cards}
</ul></main><footer><p>All prices with tax &amp; shipping</p></footer></body></html>
"""

MENU = "".join(f'<li class="entry"><a href="/c/{word}">{word.title()}</a></li>' for word in WORDS)


def listing(number: int, items: int) -> bytes:
    """Return page *number* with *items* cards; equal arguments give equal bytes."""
    chance = random.Random(number)  # noqa: S311 - reproducible filling, no secret
    cards = "".join(_card(chance, number * items + place) for place in range(items))
    return PAGE.format(number=number, menu=MENU, cards=cards).encode()


def _card(chance: random.Random, sku: int) -> str:
    cents = chance.randrange(500, 50_000)
    discount = chance.randrange(5, 60)
    return CARD.format(
        sku=f"sku-{sku:07}",
        name=" ".join(chance.choices(WORDS, k=7)).capitalize(),
        rating=f"{chance.randrange(10, 51) / 10}",
        votes=chance.randrange(1, 5000),
        price=f"€{cents / 100:.2f}",
        was=f"€{cents / (100 - discount):.2f}",
        discount=discount,
    )
