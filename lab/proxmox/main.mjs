/*
 * Starts the cluster, prints one JSON line about it, and stays until SIGTERM
 * or Ctrl+C.
 */
import { parseArgs } from 'node:util';
import { Lab } from './lab.mjs';
import { USUAL } from './limits.mjs';

const USAGE = `A Proxmox-compatible cluster of two nodes on loopback, with real guests.

	lab/proxmox/run [OPTION...]

	--mode old|new		the generation of its API (new)
	--name NAME		the cluster's name (lab); its domain is NAME.test
	--base 127.X.Y		the nodes are 127.X.Y.1 and .2 (any free ones)
	--dir FOLDER		sockets, certificates, logs (a temporary one)
	--eager			start the guests' machines now, not when needed
	--time-scale N		every limit is N times shorter
	--limit NAME=SECONDS	one limit; may be repeated
	--verbose		log to stderr

It prints one JSON line: addresses, the CA's file, fingerprints, users, tokens,
and the control channel, which control.mjs describes. Limits, in seconds:
${Object.entries(USUAL).map(([k, v]) => `${k}=${v}`).join(' ')}
`;

function readOptions() {
	const text = (value) => ({ type: 'string', default: value });
	const { values } = parseArgs({ options: {
		mode: text('new'), name: text('lab'), base: { type: 'string' },
		dir: { type: 'string' }, eager: { type: 'boolean', default: false },
		'time-scale': text('1'), verbose: { type: 'boolean', default: false },
		limit: { type: 'string', multiple: true, default: [] },
		help: { type: 'boolean', default: false } } });

	if (values.help) {
		process.stdout.write(USAGE);
		process.exit(0);
	}
	if (!['old', 'new'].includes(values.mode))
		throw new Error(`--mode is old or new, not ${values.mode}`);
	return { ...values, scale: Number(values['time-scale']) || 1,
		limits: Object.fromEntries(values.limit.map((l) => l.split('='))) };
}

async function main() {
	const lab = new Lab(readOptions());
	let leaving = false;
	const leave = async () => {
		if (leaving)
			return;
		leaving = true;
		await lab.stop();
		process.exit(0);
	};

	for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
		process.on(signal, leave);
	// one console's fault must not take the other tests' cluster away
	process.on('uncaughtException', (error) => {
		lab.count('faults.internal');
		process.stderr.write(`lab: ${error.stack}\n`);
	});
	await lab.start();
	process.stdout.write(JSON.stringify(lab.facts()) + '\n');
}

main().catch((error) => {
	process.stderr.write(`lab: ${error.message}\n`);
	process.exit(1);
});
