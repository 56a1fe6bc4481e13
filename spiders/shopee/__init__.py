"""Shopee: products of eleven countries with their variants and shops, prices over time.

Site: https://shopee.sg
Terms: none found. The site turns away what is not its own page: nothing is signed or
    forged, no captcha is solved, no account is used, and a crawl that is turned away ends as
    blocked. Then save the page's own answers in your browser (HAR, JSON, HTML): files=.
Robots: obeyed as it stands when a crawl starts.
Concurrency: 1
Delay: 6.0
Serial: no
Volume: 60 products a page of a list; by browser some 5 to 8 s a page.
Expects: 1
"""
