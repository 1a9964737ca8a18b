# Tests with LiveStore itself: 0.4.0 from npm, pinned, below build/interop. tests/interop/README.md tells more.

.PHONY: interop bench-livestore
interop: cli              ## test with LiveStore 0.4.0 from npm: its clients on our server, ours on its server
	@tests/interop/run.sh ours
	@tests/interop/run.sh wrangler our-client.test.js browser.test.js

bench-livestore: cli      ## measure LiveStore 0.4.0 syncing, on its own server and on ours
	@tests/interop/bench.sh
