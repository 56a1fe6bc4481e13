"""Esports: events, matches, teams, players, rankings, standings, statistics, news, search."""

from fastapi import APIRouter

from crawlers.api.reads.esports import events, lists, matches, people, search

router = APIRouter()
for part in (events, matches, people, lists, search):
    router.include_router(part.router)
