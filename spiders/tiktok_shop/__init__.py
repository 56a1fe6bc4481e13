"""TikTok Shop: products with their variants and prices, shops, and what keywords find.

Site: https://shop.tiktok.com
Terms: not read by the crawler. A product's page needs no login. Many addresses are met by a sliding
    captcha: it is never solved or got round, no call is signed, and a crawl that meets one ends as
    blocked. Then save pages in your browser and give them as files=.
Robots: not known; obeyed as it stands when a crawl starts.
Concurrency: 1
Delay: 5.0
Serial: no
Volume: 200 to 600 KB a page; twelve a minute at most.
Expects: 0
"""
