/*
 * The control channel of tests: HTTP on a Unix socket, JSON both ways.
 *
 *	GET  /state			nodes, guests, limits, counters
 *	GET  /counters			POST /counters sets them to nothing
 *	GET  /requests			the last: when, node, method, path, peer
 *	GET  /secrets			tickets and passwords it handed out: kind, text
 *	POST /limits			{"ticket": 20}
 *	POST /refresh			what /cluster/resources tells is as it is
 *	POST /nodes/pve1/kill		power off; /start: on again
 *	POST /nodes/pve1/daemon		{"up": false}: its privileged half
 *	POST /nodes/pve1/deaf		{"deaf": true}: it lives, but its API and
 *					spiceproxy refuse connections
 *	POST /nodes/pve1/certificate	another certificate, of another CA
 *	POST /nodes/pve1/spice		{"host-subject": "CN=x"}: told instead; {}: not
 *	GET  /guests/100		where it is; what clients sent to it, last
 *	POST /guests/100/start		also stop, reboot, pause, resume
 *	POST /guests/100/migrate	{"node": "pve2"}
 *	POST /guests/100/machine	starts its QEMU; tells qmp, serial, pid
 *	POST /guests/100/config		{"name": "new", "lock": null}
 *	POST /guests/100/agent		{"answers": false, "isLonely": true,
 *					"agentPends": true}: until its next start
 *	POST /roles			{"Mine": ["VM.Audit"]}
 *	POST /acl			["/vms", "ops@pve", "LabViewer"]: instead
 *					of what stood there
 *	POST /tokens			{"ops@pve!new": {"privsep": 0, "secret": "x"}}
 *	POST /faults			[{"match", "kind", "left", ...}]; with
 *					"isPage": true of its web page
 *	POST /tunnels			closes every open console
 */
import http from 'node:http';
import { FAULTS } from './faults.mjs';
import { setLimits } from './limits.mjs';
import { ROLES } from './world.mjs';

function readAll(request) {
	return new Promise((done, fail) => {
		const parts = [];

		request.on('data', (data) => parts.push(data));
		request.on('error', fail);
		request.on('end', () => done(Buffer.concat(parts).toString()));
	});
}

function machineFacts(machine) {
	return machine ? { pid: machine.child.pid, qmp: machine.qmpPath,
		serial: machine.serial, vnc: machine.vnc,
		spice_port: machine.spicePort } : null;
}

function guestFacts(guest) {
	return { vmid: guest.vmid, type: guest.type, node: guest.node,
		name: guest.name, status: guest.status,
		machine: machineFacts(guest.current),
		received: Object.fromEntries(Object.entries(guest.received).map(
			([kind, { bytes, last }]) => [kind, { bytes,
				last: last.toString('base64') }])) };
}

function setConfig(guest, changes) {
	for (const [key, value] of Object.entries(changes)) {
		if (value === null)
			delete guest.config[key];
		else
			guest.config[key] = value;
	}
}

export class Control {
	constructor(lab) {
		this.lab = lab;
		this.server = http.createServer((request, response) =>
			this.serve(request, response));
	}

	listen(path) {
		this.path = path;
		return new Promise((done) => this.server.listen(path, done));
	}

	close() {
		this.server.close();
		this.server.closeAllConnections();
	}

	async serve(request, response) {
		let status = 200;
		let answer;

		try {
			const text = await readAll(request);

			answer = await this.act(request.method,
				request.url.split('/').slice(1), text ?
					JSON.parse(text) : {});
		} catch (error) {
			status = 400;
			answer = { error: error.message };
		}
		response.writeHead(status, { 'Content-Type': 'application/json' });
		response.end(JSON.stringify(answer ?? {}) + '\n');
	}

	act(method, [what, name, verb], body) {
		const isPost = method === 'POST';

		switch (what) {
		case 'state': return this.state();
		case 'counters':
			if (isPost)
				this.lab.counters = {};
			return this.lab.counters;
		case 'limits':
			setLimits(this.lab.limits, body);
			return this.lab.limits;
		// what SPICE answers name instead of the node's own; null again
		case 'subject': this.lab.subject = body.subject; return {};
		case 'requests': return this.lab.requests;
		case 'secrets': return this.lab.secrets;
		case 'refresh': return this.lab.refresh();
		case 'nodes': return this.node(name, verb, body);
		case 'guests': return this.guest(name, verb, body);
		case 'roles': return Object.assign(ROLES, body);
		case 'acl': return this.setAcl(body);
		case 'tokens': return Object.assign(this.lab.tokens, body);
		case 'faults': return this.setFaults(body);
		case 'tunnels':
			for (const tunnel of [...this.lab.tunnels])
				tunnel.end();
			return {};
		default: throw new Error(`no such thing: ${what}`);
		}
	}

	state() {
		const { lab } = this;

		return { nodes: [...lab.nodes.values()].map((n) => n.facts()),
			guests: [...lab.guests.values()].map(guestFacts),
			limits: lab.limits, counters: lab.counters,
			tunnels: lab.tunnels.size };
	}

	setAcl([path, who, role]) {
		const { lab } = this;

		lab.acl = lab.acl.filter(([p, w]) => p !== path || w !== who);
		if (role)
			lab.acl.push([path, who, role, 1]);
		return lab.acl;
	}

	setFaults(faults) {
		for (const { kind } of faults) {
			if (!FAULTS[kind])
				throw new Error(`no fault ${kind}; there are: ${
					Object.keys(FAULTS).join(' ')}`);
		}
		this.lab.faults = faults.map((f) => ({ left: 1, ...f }));
		return {};
	}

	async node(name, verb, body) {
		const node = this.lab.nodes.get(name);

		if (!node)
			throw new Error(`no node ${name}`);
		switch (verb) {
		case 'kill': await node.kill(); break;
		case 'start': await node.restart(); break;
		case 'deaf': await node.setDeaf(Boolean(body.deaf)); break;
		case 'daemon': node.hasDaemon = Boolean(body.up); break;
		case 'certificate':
			await this.lab.replaceCertificate(node);
			break;
		case 'spice': node.toldOfSpice = body; break;
		default: throw new Error(`nodes cannot ${verb}`);
		}
		return node.facts();
	}

	async guest(vmid, verb, body) {
		const guest = this.lab.guests.get(Number(vmid));

		if (!guest)
			throw new Error(`no guest ${vmid}`);
		switch (verb) {
		case undefined: break;
		case 'start': guest.start(); break;
		case 'stop': await guest.stop(); break;
		case 'reboot': await guest.reboot(); break;
		case 'pause': await guest.setPaused(true); break;
		case 'resume': await guest.setPaused(false); break;
		case 'migrate': await guest.migrate(body.node); break;
		case 'machine': await guest.machine(); break;
		case 'config': setConfig(guest, body); break;
		case 'agent': Object.assign(guest, body); break;
		default: throw new Error(`guests cannot ${verb}`);
		}
		return guestFacts(guest);
	}
}
