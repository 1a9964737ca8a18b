# The to-do app for browsers (examples/web-todomvc), and `make run`, which serves it.
#   PORT=8787      where `make run` listens
#   RUN_ONCE=1     `make run` checks that it works, and ends; RUN_ONCE=0 stays also where nobody is at a terminal

APP := examples/web-todomvc
APP_SOURCES := $(shell find $(APP)/src $(APP)/public $(APP)/plugins -type f) \
  $(wildcard $(addprefix $(APP)/,*.json *.html *.ts))
PORT ?=
RUN_ONCE ?=

.PHONY: app run git-history
app: build/web-todomvc/index.html ## the to-do app for browsers, below build/web-todomvc

run:          ## the to-do app: builds all of it and serves it at http://localhost:8787/ (PORT=N for another port)
	+@$(MAKE) --no-print-directory -j$(JOBS) cli app
	@BUILD='$(BUILD)' PORT='$(PORT)' RUN_ONCE='$(RUN_ONCE)' $(APP)/run.sh

git-history:  ## the git history of a repository (REPO=path) as events and tables
	@$(MAKE) --no-print-directory -j$(JOBS) cli $(BUILD)/git_events
	@PATH="$(abspath $(BUILD)):$$PATH" REPO='$(REPO)' COMMITS='$(COMMITS)' examples/git-history/run.sh

build/web-todomvc/index.html: $(APP_SOURCES) build/web/package.json $(APP)/node_modules/.package-lock.json
	@echo "  vite  build/web-todomvc"
	@cd $(APP) && npm --silent run build -- --logLevel warn

# It has a link to build/web, which need not be there yet.
$(APP)/node_modules/.package-lock.json: $(APP)/package-lock.json
	@echo "  npm   $(APP)"
	@cd $(APP) && npm --loglevel error ci --ignore-scripts --no-audit --no-fund
	@touch $@
