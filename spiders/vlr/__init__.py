"""VLR.gg: Valorant esports, with events, teams, players, matches, rankings, statistics, news.

Site: https://www.vlr.gg
Terms: https://www.vlr.gg/terms
Robots: obeyed as it stands when a crawl starts.
Concurrency: 3
Delay: 1.0
Serial: no
Shared: yes
Volume: some 33,000 completed matches by July 2026 (651 pages of results, 50 matches each).
Expects: 1
"""
