"""Instagram: followers of accounts, listed by actors that run on Apify.

Site: https://api.apify.com
Terms: https://docs.apify.com/legal/general-terms-and-conditions; each row is charged to the account
    of APIFY_TOKEN. The rows are about people: you need a lawful reason to keep them, and
    `scrapy forget profile` erases one.
Robots: an API that is called with one's own key, for which robots.txt says nothing.
Obey: no
Concurrency: 8
Delay: 0.0
Serial: no
Volume: 50 followers an account and 50 accounts a run by default, so 2,500 rows a run.
Expects: 0
"""
