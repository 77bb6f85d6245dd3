#!/bin/bash
# Runs in a booted system with the package in it; says how the service fares. The test reads /said.
unit=turnpike.service etc=/etc/turnpike

say() { echo "$1: ${*:2}" >>/said; }
of() { systemctl show -P "$1" $unit; }
# until_true COMMAND… waits a minute at most for it to be true.
until_true() { local i; for ((i = 0; i < 600; i++)); do "$@" && return; sleep 0.1; done; }
active() { [[ $(of ActiveState) == active ]]; }
restarts() { active && (($(of NRestarts) >= $1)); }
logged() { journalctl --sync; journalctl -u $unit -o cat | grep -q -- "$1"; }
# A service may be started five times in ten seconds.
again() { systemctl reset-failed $unit; }

until_true active
say start "$(of ActiveState) $(of NRestarts)"
say account "$(stat -c %U "/proc/$(of MainPID)")"
turnpike probe turn:203.0.113.10 -user alice -secret "$(cat $etc/secret)" >/probe 2>&1
say call $?
turnpike sessions -config $etc/turnpike.yml >/sessions 2>&1
say sessions $?

pid=$(of MainPID)
echo 'log: {level: debug}' >>$etc/turnpike.yml
systemctl reload $unit
say reload "$? $(of ActiveState)"
until_true logged 'configuration taken over'
say status "$(of StatusText)"
cp -p $etc/turnpike.yml /good.yml
echo 'relam: x' >>$etc/turnpike.yml
systemctl reload $unit
until_true logged 'not taken over'
say reload-bad "$(of ActiveState)"

again
dpkg -i /turnpike.deb >/upgrade-bad 2>&1
[[ $(of MainPID) == "$pid" ]]
say upgrade-bad "$? $(grep -c 'the old one goes on running' /upgrade-bad)"
cp -p /good.yml $etc/turnpike.yml

again
starts=$(journalctl -u $unit -o cat | grep -c '^Started ')
dpkg -i /turnpike.deb >/upgrade 2>&1
journalctl --sync
say upgrade "$(of ActiveState) $(($(journalctl -u $unit -o cat | grep -c '^Started ') - starts))"
[[ $(of MainPID) != "$pid" ]]
say upgrade-new $?

again
kill -9 "$(of MainPID)"
until_true restarts 1
say killed "$(of ActiveState) $(of NRestarts)"

mkdir /run/systemd/system/$unit.d
printf '[Service]\nWatchdogSec=4s\n' >/run/systemd/system/$unit.d/watchdog.conf
systemctl daemon-reload
again
systemctl restart $unit
say restart "$(of ActiveState)"
sleep 5
say fed "$(of ActiveState) $(of NRestarts)"
kill -STOP "$(of MainPID)"
until_true restarts 1
say watchdog "$(of ActiveState) $(of NRestarts)"

again
dpkg --purge turnpike >/purge 2>&1
say purge "$? $(systemctl is-active $unit) $(ls -d $etc /run/turnpike 2>/dev/null)"
journalctl --sync
journalctl -u $unit -o cat >/journal
systemctl poweroff --no-block
