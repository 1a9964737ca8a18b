# The to-do app for browsers (examples/web-todomvc), which `make run` serves.

APP := examples/web-todomvc
APP_SOURCES := $(shell find $(APP)/src $(APP)/public $(APP)/plugins -type f) \
  $(wildcard $(addprefix $(APP)/,*.json *.html *.ts))

.PHONY: app git-history
app: build/web-todomvc/index.html ## the to-do app for browsers, below build/web-todomvc

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
