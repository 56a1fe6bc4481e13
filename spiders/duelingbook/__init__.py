"""DuelingBook: replays of Yu-Gi-Oh! duels, with every match, game and card that was seen.

Site: https://www.duelingbook.com
Terms: none found. Replays are behind a captcha: it is never solved, paid for or got round, no
    account is used, and a crawl that meets one ends as blocked. Then save the page's own answer
    in your browser and give it as files=.
Robots: none found; obeyed as it stands when a crawl starts.
Concurrency: 1
Delay: 10.0
Serial: no
Volume: 100 to 900 KB a replay; six a minute at most.
Expects: 0
"""
