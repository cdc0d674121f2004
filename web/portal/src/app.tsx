// SPDX-License-Identifier: Apache-2.0
/*
 * The recipient's page: facts, passcode, message. One state, one view per state.
 *
 * Security: the opening key lives in the address's fragment and in one variable here; it is in no request and no storage.
 * Loading asks for the facts only and changes nothing, so link scanners and previews are harmless.
 */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, openLetter, Portal, readOpeningKey, SealError, type OpenLetter } from './open.ts';
import type { Facts, Sent } from './api.ts';
import type { Bytes } from './crypto.ts';
import { encode32 } from './base32.ts';
import { say } from './strings.ts';
import { Ask, Code, Key } from './views/ask.tsx';
import { LetterView } from './views/letter.tsx';
import { Page } from './views/page.tsx';
import { Card, Progress, Title } from './views/parts.tsx';
import { Trouble, type TroubleFacts, type TroubleName } from './views/trouble.tsx';

type Stage =
    | { at: 'loading' }
    | { at: 'key'; wrong: boolean }
    | { at: 'ask' }
    | { at: 'code'; sent: Sent | null; resendAt: number; news: string }
    | { at: 'opening'; done: number; total: number }
    | { at: 'letter'; letter: OpenLetter }
    | { at: 'bye' }
    | { at: 'trouble'; trouble: TroubleFacts };

const portal = new Portal('', (...ask) => fetch(...ask));
const NAMED: readonly string[] = Object.keys(say.trouble);

function troubleOf(error: unknown): TroubleFacts {
	if (error instanceof SealError)
		return { name: 'damaged', retryAt: 0 };
	if (!(error instanceof ApiError))
		return { name: 'other', retryAt: 0 };
	const known = NAMED.includes(error.code) && Array.isArray(say.trouble[error.code as TroubleName]);
	const name = known ? error.code : error.status === 429 ? 'too_many' : error.status >= 502 ? 'try_later' : 'other';
	return { name: name as TroubleName, retryAt: error.retryAfterS > 0 ? Date.now() + error.retryAfterS * 1000 : 0 };
}

/* What passes by itself is said where the person is, so that a typed passcode is not lost; null for all else. */
function passing(error: unknown): string | null {
	if (!(error instanceof ApiError) || !['too_many', 'try_later', 'offline'].includes(error.code))
		return null;
	const text = say.trouble[error.code as 'offline'][1];
	return error.retryAfterS > 0 ? `${text} ${say.trouble.wait(error.retryAfterS)}` : text;
}

function grantOfAddress(): string | null {
	return /^\/m\/([0-9a-z]{26})\/?$/i.exec(location.pathname)?.[1]?.toLowerCase() ?? null;
}

function usePortal() {
	const [stage, setStage] = useState<Stage>({ at: 'loading' });
	const [facts, setFacts] = useState<Facts | null>(null);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState('');
	const key = useRef<Bytes | null>(readOpeningKey(location.hash));
	const grant = grantOfAddress();
	const fail = (problem: unknown) => setStage({ at: 'trouble', trouble: troubleOf(problem) });

	/* One thing at a time; what goes wrong and is not answered in place becomes a page. */
	const attempt = async (work: () => Promise<void>) => {
		if (busy)
			return;
		setBusy(true);
		setError('');
		try {
			await work();
		} catch (problem) {
			fail(problem);
		} finally {
			setBusy(false);
		}
	};

	const load = () => attempt(async () => {
		if (typeof crypto === 'undefined' || !crypto.subtle)
			return setStage({ at: 'trouble', trouble: { name: 'old', retryAt: 0 } });
		if (grant === null)
			return setStage({ at: 'trouble', trouble: { name: 'not_found', retryAt: 0 } });
		const known = await portal.facts(grant);
		setFacts(known);
		if (known.state !== 'active')
			return setStage({ at: 'trouble', trouble: { name: known.state, retryAt: 0 } });
		setStage(key.current === null ? { at: 'key', wrong: false } : { at: 'ask' });
	});

	const read = async () => {
		setStage({ at: 'opening', done: 0, total: 1 });
		try {
			const letter = await openLetter(portal, grant!, key.current!,
			    (done, total) => setStage({ at: 'opening', done, total }));
			setStage({ at: 'letter', letter });
		} catch (problem) {
			if (!(problem instanceof SealError && problem.reason === 'key'))
				throw problem;
			setFacts(known => known && { ...known, signed_in: true });
			setStage({ at: 'key', wrong: true });
		}
	};

	const ask = () => attempt(async () => {
		const again = stage.at === 'code' && stage.sent !== null;
		let sent: Sent;
		try {
			sent = await portal.passcode(grant!);
		} catch (problem) {
			const text = passing(problem);
			if (text === null)
				throw problem;
			return setError(text);
		}
		setStage({ at: 'code', sent, resendAt: Date.now() + sent.resend_s * 1000, news: again ? say.code.resent : '' });
	});

	/* Phones load a page anew when one comes back from the mail program; the passcode in hand must still do. */
	const have = () => {
		setError('');
		setStage({ at: 'code', sent: null, resendAt: 0, news: '' });
	};

	const enter = (code: string, stay: boolean) => attempt(async () => {
		try {
			await portal.session(grant!, code, stay);
		} catch (problem) {
			const text = passing(problem);
			if (text !== null)
				return setError(text);
			if (!(problem instanceof ApiError) || !['wrong_code', 'code_expired'].includes(problem.code))
				throw problem;
			const over = problem.code === 'code_expired' || problem.triesLeft === 0;
			setStage(now => now.at === 'code' ? { ...now, news: '', resendAt: over ? 0 : now.resendAt } : now);
			return setError(over ? say.code.over : say.code.wrong(problem.triesLeft));
		}
		await read();
	});

	const found = (other: string | null, typed: Uint8Array) => {
		if (other !== null && other !== grant)
			return location.assign(`/m/${other}#${encode32(typed)}`);
		key.current = typed as Bytes;
		/* Into the address too, so that reloading the page (phones do it by themselves) does not lose it again. */
		history.replaceState(null, '', '#' + encode32(typed));
		if (facts?.signed_in)
			attempt(read);
		else if (facts !== null)
			setStage({ at: 'ask' });
		else
			load();
	};

	const end = (then: () => void) => attempt(async () => {
		await portal.end();
		then();
	});

	useEffect(() => {
		load();
		const reload = () => location.reload();
		addEventListener('hashchange', reload);
		return () => removeEventListener('hashchange', reload);
	}, []);

	return { stage, facts, busy, error, ask, have, enter, found, load, fail, open: () => attempt(read),
		signOut: () => end(() => setStage({ at: 'bye' })), switchPerson: () => end(() => { load(); }) };
}

function View(p: ReturnType<typeof usePortal>) {
	const { stage, facts } = p;
	switch (stage.at) {
	case 'loading':
		return <Card><p class="soft" role="status">{say.loading}</p></Card>;
	case 'key':
		return <Key facts={facts!} wrong={stage.wrong} found={p.found} />;
	case 'ask':
		return <Ask facts={facts!} busy={p.busy} error={p.error} ask={p.ask} have={p.have} open={p.open} />;
	case 'code':
		return <Code sent={stage.sent} resendAt={stage.resendAt} news={stage.news} busy={p.busy} error={p.error}
		    enter={p.enter} again={p.ask} />;
	case 'opening':
		return <Card><Title>{say.opening.title}</Title><p>{say.opening.text}</p>
			<Progress label={say.opening.title} done={stage.done} total={stage.total} /></Card>;
	case 'letter':
		return <LetterView portal={portal} letter={stage.letter} signOut={p.signOut} lost={p.fail} />;
	case 'bye':
		return <Card><Title>{say.bye.title}</Title><p>{say.bye.text}</p>
			<button class="main" type="button" onClick={() => location.reload()}>{say.bye.again}</button></Card>;
	case 'trouble':
		return <Trouble trouble={stage.trouble} facts={facts} retry={p.load} switchPerson={p.switchPerson} found={p.found} />;
	}
}

function App() {
	const state = usePortal();
	return <Page name={state.facts?.organisation ?? ''} footer={say.footer} brand={state.facts?.brand}><View {...state} /></Page>;
}

const root = document.getElementById('app')!;
root.textContent = '';
render(<App />, root);
