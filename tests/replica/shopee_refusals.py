"""How Shopee turns visitors away."""

from typing import Any

ENVELOPE = {"error": 90309999, "is_login": False, "action_type": 2, "tracking_id": "replica"}
REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "envelope": (200, ENVELOPE),
    "envelope-403": (403, ENVELOPE | {"is_customized": False, "is_hit_sap": True}),
    "error-page": (200, {"error": 90309999, "redirect_to_error_page": True}),
    "blocked": (200, {"error": 1, "error_msg": "blocked", "data": None}),
    "keys": (200, {"0": 2, "1": "replica", "3": 90309999}),
    "teapot": (418, {}),
    "placeholder": (200, {"error": 266900504, "error_msg": None, "data": None}),
}
"""What is answered instead of the data."""

LED_AWAY = {
    "captcha": "/verify/captcha?anti_bot_tracking_id=replica&scene=crawler_item",
    "traffic": "/verify/traffic/error?next=replica",
    "login": "/buyer/login?next=replica",
}
"""Where a visitor is led instead of the page."""

FORM = '<div class="shopee-authen-form" style="height:9em"><input name="loginKey"></div>'
AWAY = {
    "/verify/captcha": '<iframe src="/verify/captcha.html" width="300" height="80"></iframe>',
    "/verify/traffic/error": "<p>Page unavailable</p>",
    "/buyer/login": FORM,
}
HOW = frozenset({*REFUSALS, *LED_AWAY, "form"})
