"""Two aioice agents that know nothing but their relay candidates exchange messages.

usage: aioice_call.py HOST PORT USERNAME PASSWORD udp|tcp
"""
import asyncio
import sys

import aioice


async def agent(controlling, host, port, username, password, transport):
    connection = aioice.Connection(
        ice_controlling=controlling, turn_server=(host, int(port)),
        turn_username=username, turn_password=password, turn_transport=transport)
    await connection.gather_candidates()
    return connection


async def introduce(one, other):
    for candidate in one.local_candidates:
        if candidate.type == "relay":
            await other.add_remote_candidate(candidate)
    await other.add_remote_candidate(None)
    other.remote_username = one.local_username
    other.remote_password = one.local_password


async def main():
    ada, bob = await asyncio.gather(*(agent(controlling, *sys.argv[1:]) for controlling in (True, False)))
    await introduce(ada, bob)
    await introduce(bob, ada)
    await asyncio.gather(ada.connect(), bob.connect())
    for number in range(20):
        message = b"message %d" % number
        await ada.send(message)
        assert await bob.recv() == message
        await bob.send(message)
        assert await ada.recv() == message
    await asyncio.gather(ada.close(), bob.close())
    print("20 round trips")


asyncio.run(asyncio.wait_for(main(), 20))
