import asyncio, sys, time
from bench import path
path.TRIALS = 20
async def measure(made, display, page):
    t0=time.monotonic()
    async with path.part("target", display) as target, path.part("device", display) as device:
        await target.heard()
        offer, line = path.through(made, (await device.heard())["sdp"])
        answer = await page.evaluate("(sdp) => answer(sdp)", offer)
        device.say({"sdp": path.without_candidates(answer)})
        await page.wait_for_function("window.view > 0 && document.querySelector('video').videoWidth > 0", timeout=20000)
        print("connected", flush=True)
        await page.wait_for_timeout(2500)
        async def trials(loss, trip, key, n=path.TRIALS):
            made.way.loss, made.way.trip = loss, trip
            sys.stderr.write(f"--- {loss} {trip} {key}\n")
            await page.wait_for_timeout(1500)
            times=[]
            for i in range(n):
                r = await page.evaluate("received()")
                t = await page.evaluate("(k) => trial(k)", key)
                r2 = await page.evaluate("received()")
                if t is None or t > 1500:
                    print(f"  SLOW {time.monotonic():.2f} {t} {({k: r2[k]-r[k] for k in r2})}", flush=True)
                times.append(t or 10000)
            print(f"{loss} {trip} {key}: median {path.quantile(times,.5):.0f} p95 {path.quantile(times,.95):.0f} worst {max(times):.0f}  {[round(t) for t in times]}", flush=True)
        for a in sys.argv[1:]:
            if a == "narrow":
                made.way.loss = made.way.trip = 0.0
                target.say({"fps": 30})
                async def watch(n):
                    for _ in range(n):
                        c, f = line.back.came, line.back.carried
                        r = await page.evaluate("received()")
                        await asyncio.sleep(1)
                        r2 = await page.evaluate("received()")
                        print(f"came {(line.back.came-c)*8/1000:.0f} kb/s carried {(line.back.carried-f)*8/1000:.0f} frames {r2['framesDecoded']-r['framesDecoded']} nack {r2['nackCount']-r['nackCount']} pli {r2['pliCount']-r['pliCount']}", flush=True)
                await watch(4)
                print("--- narrow", flush=True); sys.stderr.write("--- narrow\n")
                made.way.bits = 1_000_000
                await watch(12)
                print("--- wide", flush=True); sys.stderr.write("--- wide\n")
                made.way.bits = float("inf")
                await watch(20)
                target.say({"fps": 0})
            else:
                l, t, k = a.split(",")
                await trials(float(l), float(t), k)
    return True
path.measure = measure
asyncio.run(path.run())
