// SPDX-License-Identifier: Apache-2.0
/*
 * The opened message: headers, rights in words, the text or the HTML in its frame, the attachments.
 *
 * Security: plain text becomes text nodes; HTML is sanitised and then shown in /frame, never in this document.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { linkify } from '../linkify.ts';
import { openLink, readFrameWord, type FrameMail } from '../mailframe.ts';
import type { Address } from '../manifest.ts';
import { blobOf, textOf, type OpenLetter, type Portal } from '../open.ts';
import { rightsInWords, rightsOf, type Rights } from '../rights.ts';
import { SAFE_PICTURE, sanitise } from '../sanitise.ts';
import { moment, say } from '../strings.ts';
import { Files } from './files.tsx';
import { Notice, Row, Title } from './parts.tsx';

function Names({ people }: { people: Address[] }) {
	return <>{people.map((one, i) => <span key={i}>
		{one.name && <bdi>{one.name}</bdi>} <span class="address">{one.address}</span>
		{i < people.length - 1 && ', '}</span>)}</>;
}

/* As many as fit a glance; a single one more is not worth a click. */
const SHOWN_PEOPLE = 6;

function People({ people }: { people: Address[] }) {
	if (people.length <= SHOWN_PEOPLE + 1)
		return <Names people={people} />;
	return <><Names people={people.slice(0, SHOWN_PEOPLE)} />
		<details class="more"><summary>{say.letter.more(people.length - SHOWN_PEOPLE)}</summary>
			<Names people={people.slice(SHOWN_PEOPLE)} /></details></>;
}

function sameAddresses(a: Address[], b: Address[]): boolean {
	const key = (list: Address[]) => list.map(one => one.address.toLowerCase()).sort().join();
	return key(a) === key(b);
}

function Headers({ letter }: { letter: OpenLetter }) {
	const m = letter.manifest;
	return <dl class="facts">
		<Row name={say.letter.from}><People people={m.from} /></Row>
		{m.reply_to.length > 0 && !sameAddresses(m.reply_to, m.from) &&
		    <Row name={say.letter.replyTo}><People people={m.reply_to} /></Row>}
		<Row name={say.letter.to}>{m.to.length > 0 ? <People people={m.to} /> : say.letter.nobody}</Row>
		{m.cc.length > 0 && <Row name={say.letter.cc}><People people={m.cc} /></Row>}
		{m.date && <Row name={say.letter.date}>{moment(m.date)}</Row>}
		{letter.opened.expires && <Row name={say.letter.until}>{moment(letter.opened.expires)}</Row>}
	</dl>;
}

function Line({ line }: { line: string }) {
	return <>{linkify(line).map((piece, i) => piece.href === undefined ? piece.text
	    : <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer">{piece.text}</a>)}</>;
}

/* Lines that quote an earlier mail are set back, in groups. A last empty line needs something in it to have a height. */
function Text({ text }: { text: string }) {
	const groups: { quoted: boolean; lines: string[] }[] = [];
	for (const line of text.replace(/\n+$/, '').split('\n')) {
		const quoted = line.startsWith('>');
		const last = groups[groups.length - 1];
		if (last?.quoted === quoted)
			last.lines.push(line);
		else
			groups.push({ quoted, lines: [line] });
	}
	return <div class="text" dir="auto">{groups.map((group, i) =>
		<p key={i} class={group.quoted ? 'quote' : undefined}><Line line={group.lines.join('\n').replace(/\n$/, '\n\u200b')} /></p>)}</div>;
}

/* Stays loaded while the plain text is shown instead, so that nothing jumps on the way back. */
function Html(props: { mail: FrameMail; hidden: boolean }) {
	const frame = useRef<HTMLIFrameElement>(null);
	const [height, setHeight] = useState(160);
	useLayoutEffect(() => {
		const hear = (event: MessageEvent) => {
			const inside = frame.current?.contentWindow;
			const word = event.source === inside && inside ? readFrameWord(event.data) : null;
			if (word === null)
				return;
			if ('ready' in word)
				inside!.postMessage(props.mail, '*');
			else if ('height' in word)
				setHeight(old => word.height || old);
			else
				openLink(word.link);
		};
		addEventListener('message', hear);
		return () => removeEventListener('message', hear);
	}, [props.mail]);
	return <div class="paper" hidden={props.hidden}><iframe ref={frame} class="mail" title={say.letter.body} src="/frame" sandbox="allow-scripts"
	    referrerpolicy="no-referrer" height={height} /></div>;
}

interface Body { text: string | null; html: string | null; mail: FrameMail; remote: number; loose: number[] }

function prepare(letter: OpenLetter, rights: Rights): Body {
	const m = letter.manifest;
	const html = textOf(letter, m.html);
	const pictures = m.inline.map(one => SAFE_PICTURE.test(one.type)
	    ? new Blob([blobOf(letter, one)], { type: one.type.toLowerCase() }) : null);
	const clean = sanitise(html ?? '', m.inline.map(one => one.cid));
	const mail = { html: clean.html, pictures, mayCopy: rights.extract, mayPrint: rights.print };
	const loose = m.inline.map((_, i) => i).filter(i => !clean.shown.has(i));
	return { text: textOf(letter, m.text), html, mail, remote: clean.remote, loose };
}

/* A reader who may not copy is not helped to; this is a courtesy to the sender, not a lock. */
function useRights(rights: Rights): void {
	useEffect(() => {
		const root = document.documentElement;
		const refuse = (event: Event) => {
			if (!(event.target instanceof HTMLInputElement))
				event.preventDefault();
		};
		root.classList.toggle('no-print', !rights.print);
		root.classList.toggle('no-copy', !rights.extract);
		const names = rights.extract ? [] : ['copy', 'cut', 'dragstart'];
		names.forEach(name => document.addEventListener(name, refuse));
		return () => {
			root.classList.remove('no-print', 'no-copy');
			names.forEach(name => document.removeEventListener(name, refuse));
		};
	}, [rights]);
}

export function LetterView(props: { portal: Portal; letter: OpenLetter; signOut(): void; lost(error: unknown): void }) {
	const { letter } = props;
	const m = letter.manifest;
	const rights = useMemo(() => rightsOf(m.rights, letter.opened.rights), [letter]);
	const body = useMemo(() => prepare(letter, rights), [letter]);
	const [plain, setPlain] = useState(body.html === null);
	useRights(rights);
	return <article class="card wide letter">
		<Title>{m.subject || say.letter.noSubject}</Title>
		<Headers letter={letter} />
		<p class="rights">{rightsInWords(rights, m.attachments.length + body.loose.length > 0)}</p>
		<div class="tools" role="group" aria-label={say.letter.tools}>
			{body.html !== null && body.text !== null && <button type="button" onClick={() => setPlain(!plain)}>
				{plain ? say.letter.asHtml : say.letter.asText}</button>}
			{rights.print && <button type="button" onClick={() => print()}>{say.letter.print}</button>}
			<button type="button" onClick={props.signOut}>{say.letter.signOut}</button>
		</div>
		{m.notes.some(note => note.startsWith('ambiguous')) && <Notice kind="news">{say.letter.ambiguous}</Notice>}
		{!plain && body.remote > 0 && <Notice kind="news">{say.letter.blocked(body.remote)}</Notice>}
		<div class="body">
			{body.html !== null && <Html mail={body.mail} hidden={plain} />}
			{plain && (body.text?.trim() ? <Text text={body.text} />
			    : <p class="soft">{say.letter.empty}</p>)}
		</div>
		<Files portal={props.portal} letter={letter} rights={rights} loose={body.loose} lost={props.lost} />
		<p class="print-refused">{say.rights.noPrint}</p>
	</article>;
}
