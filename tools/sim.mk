# The simulator: the library and the server without their systems, on simulated disks and clocks (src/port/sim).

SIM_OBJECTS := $(call objects,$(wildcard tests/sim/*.c src/port/*.c src/port/sim/*.c src/base/*.c src/core/*.c \
  src/sync/*.c server/hub*.c server/backend*.c server/iso_time.c))

$(BUILD)/sim: $(SIM_OBJECTS) $(SQLITE_O)
	@echo "  ld    $@"
	@$(LINK) -o $@ $^ $(LIBS)

.PHONY: sim
sim: $(BUILD)/sim  ## the simulator, build/sim (see tests/sim/main.c)
