/*
 * Both ends of a payload's console by npm's ws, which takes nothing that breaks
 * RFC 6455: a node that ends each console as its guest's number says, and
 * clients that end theirs in ways of their own. Prints one line of JSON.
 *
 *	node strict_ws.mjs			{"port": N}, then per line read
 *						{"url": "ws://..", "ends": ..}
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(
	new URL('../../web/package.json', import.meta.url));
const { WebSocket, WebSocketServer } = require('ws');
const say = (what) => console.log(JSON.stringify(what));

const faults = []; /* what either end holds against its peer */
const heard = [];  /* codes that the node was given */

/* Guest 1005 closes without a code, 1006 cuts the wire, others wait. */
const node = new WebSocketServer({ host: '127.0.0.1', port: 0 });

node.on('connection', (link, request) => {
	const vmid = Number(/qemu\/(\d+)\//.exec(request.url)[1]);

	link.on('error', (e) => faults.push(`node: ${e.message}`));
	link.on('close', (code) => heard.push(code));
	link.on('message', (data) => {
		if (vmid === 1005)
			link.close();
		else if (vmid === 1006)
			link.terminate();
		else if (vmid >= 1000)
			link.close(vmid, 'by the node');
		else
			link.send(data);
	});
});
node.on('listening', () => say({ port: node.address().port }));

/* ends: null waits for the other side; "code" N, "none", "cut". */
function client({ url, ends }) {
	const link = new WebSocket(url, ['binary']);

	link.on('error', (e) => faults.push(`client: ${e.message}`));
	link.on('open', () => link.send(Buffer.alloc(100000, 1)));
	link.on('message', () => {
		if (ends === 'none')
			link.close();
		else if (ends === 'cut')
			link.terminate();
		else if (ends !== null)
			link.close(ends, 'by the client');
	});
	link.on('close', (code, reason) => setTimeout(() =>
		say({ code, reason: reason.toString(), protocol: link.protocol,
			heard: heard.splice(0), faults: faults.splice(0) }), 300));
}

createInterface({ input: process.stdin })
	.on('line', (line) => client(JSON.parse(line)))
	.on('close', () => process.exit());
