/*
 * How long things live or wait in a cluster, in seconds. --time-scale divides
 * them all, --limit and the control channel set one.
 */
export const USUAL = {
	http_idle: 5,		// no request, or none after the last
	refusal: 3,		// every 401 waits until then
	ticket: 7200,		// a login
	ticket_tolerance: 300,	// clocks differ
	vnc_ticket: 40,		// also the SPICE proxy's
	ticket_ahead: 20,	// how far in the future both may stem from
	vnc_wait: 10,		// the port waits for its one connection
	vncterm_wait: 20,
	vnc_password: 30,	// from the back end's connection
	vnc_idle: 900,		// no byte in either direction
	vncterm_idle: 1800,	// no input
	term_wait: 10,		// for the connection, then for the first line
	term_line: 10,
	spice_password: 30,	// from the POST
	spiceterm_password: 300,
	spiceterm_wait: 40,
	gone: 10,		// a terminal's helper, after its last viewer
	lag: 10,		// of what /cluster/resources tells
	task: 0.5,		// what a power action takes
	agent: 0.2,		// what the guest agent takes
};

export function makeLimits(scale, changes) {
	const limits = {};

	for (const [name, seconds] of Object.entries(USUAL))
		limits[name] = seconds / scale;
	setLimits(limits, changes);
	return limits;
}

export function setLimits(limits, changes) {
	for (const [name, seconds] of Object.entries(changes)) {
		if (!(name in USUAL) || !(Number(seconds) >= 0))
			throw new Error(`no limit ${name}=${seconds}; there are: ${
				Object.keys(USUAL).join(' ')}`);
		limits[name] = Number(seconds);
	}
}

/* A timer that keeps no process alive. */
export function after(seconds, act) {
	const timer = setTimeout(act, Math.min(seconds * 1000, 2 ** 31 - 1));

	timer.unref();
	return timer;
}

export function sleep(seconds) {
	return new Promise((done) => setTimeout(done, seconds * 1000));
}
