"""Lichess: players, their rating history, and every game they have finished.

Site: https://lichess.org
Terms: https://lichess.org/terms-of-service and https://lichess.org/page/api-tips; for all
    games of all players take the dumps of https://database.lichess.org instead.
Robots: /api/ is allowed; /game/export is not, and is not used.
Concurrency: 1
Delay: 1.0
Serial: yes
Volume: 20 games a second without a token, 30 with one; a very active player has 50,000 games.
Expects: 1
"""
