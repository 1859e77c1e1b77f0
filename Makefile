# Augur: `make run` boots it, `make test` checks it, `make help` lists the rest.

BUILD := build
CC    ?= gcc
CLANG ?= clang

WARN := -Wall -Wextra $(if $(CI),-Werror)
STD  := -std=gnu11 -I.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

include tests/unit/unit.mk
