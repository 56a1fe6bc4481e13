"""The variants of a product: what can be chosen, and what each costs."""

from typing import Any

from crawlers.items.products import ProductVariant
from spiders.shopee import availability, prices
from spiders.shopee.fields import block, blocks, count, first_of, integer, same, several, text


def read_variants(
    item: dict[str, Any], product: str, currency: str, *, hidden: bool
) -> tuple[ProductVariant, ...] | None:
    """Return the variants; None when the answer does not say: even a lone product has one.

    Where the price is *hidden*, those of the variants are not told either.
    """
    models = blocks(item.get("models"))
    tiers = [several(tier.get("options")) for tier in blocks(item.get("tier_variations"))]
    found: dict[str, ProductVariant] = {}
    for model in models:
        variant = _variant(model, product, tiers, currency, hidden=hidden)
        if variant.id in found:
            raise ValueError(f"two variants are {variant.id}")
        found[variant.id] = variant
    return tuple(found.values()) or None


def _variant(
    model: dict[str, Any],
    product: str,
    tiers: list[list[Any]],
    currency: str,
    *,
    hidden: bool,
) -> ProductVariant:
    number = same(model.get("model_id"), model.get("modelid"))
    if number is None:
        raise ValueError("a variant without an id")
    if same(model.get("item_id"), model.get("itemid"), product) != product:
        raise ValueError("a variant of another product")
    if model.get("currency") not in {None, currency}:
        raise ValueError(f"a variant is sold in {str(model['currency'])[:8]!r}, not in {currency}")
    price, before = (None, None) if hidden else prices.of_model(model, currency)
    return ProductVariant(
        platform="shopee",
        product_id=product,
        id=number,
        name=text(model.get("name")),
        options=_options(model, tiers),
        sku=text(model.get("seller_sku")),
        price_minor=price,
        list_price_minor=before,
        currency=currency,
        stock=count(model.get("stock")),
        sold=count(model.get("sold")),
        availability=availability.of_variant(model),
    )


def _options(model: dict[str, Any], tiers: list[list[Any]]) -> tuple[str, ...] | None:
    """Return what is chosen, tier by tier; None for a product without a choice."""
    extra = block(model.get("extinfo"))
    places = several(first_of(model.get("tier_indices"), extra.get("tier_index")))
    if not places or not any(text(option) for tier in tiers for option in tier):
        return None
    if len(places) != len(tiers):
        raise ValueError(f"a variant makes {len(places)} choices out of {len(tiers)} tiers")
    return tuple(_option(tier, integer(place)) for tier, place in zip(tiers, places, strict=True))


def _option(tier: list[Any], place: int | None) -> str:
    if place is None or not 0 <= place < len(tier) or not (option := text(tier[place])):
        raise ValueError(f"a tier of {len(tier)} has no option {place}")
    return option
