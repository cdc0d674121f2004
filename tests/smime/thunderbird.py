# SPDX-License-Identifier: Apache-2.0
"""Thunderbird without a screen, driven through Marionette, its own remote control: opens a message and says what its window would
show about signature and encryption; and makes one, as its compose window does when Send is pressed."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

PREFS = {
    "app.update.enabled": False, "browser.dom.window.dump.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True, "mail.spotlight.firstRunDone": True, "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False, "mail.rights.version": 1, "security.OCSP.enabled": 0, "mail.shell.checkDefaultClient": False,
    "mailnews.start_page_override.mstone": "ignore", "mailnews.downloadToTempFile": False, "network.manage-offline-status": False,
    "toolkit.telemetry.enabled": False, "extensions.getAddons.cache.enabled": False, "mail.e2ee.auto_enable": False,
    "mailnews.headers.showSender": True, "app.donation.eoy.version.viewed": 999,
}
SETUP = """
const [ca, p12s, done] = arguments;
(async () => {
  const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  db.addCertFromBase64(ca, "CT,C,C");
  const said = [];
  for (const path of p12s) {
    const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
    file.initWithPath(path);
    said.push(path + " " + db.importPKCS12File(file, "test"));
  }
  let account = null;
  try { account = MailServices.accounts.localFoldersServer; } catch (e) {}
  if (!account)
    MailServices.accounts.createLocalMailAccount();
  MailServices.accounts.localFoldersServer.rootFolder.createSubfolder("interop", null);
  return said.join("\\n");
})().then(done, e => done("error: " + e));
"""
SHOW = """
const [path, kind, done] = arguments;
(async () => {
  const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const folder = MailServices.accounts.localFoldersServer.rootFolder.getChildNamed("interop");
  const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
  file.initWithPath(path);
  const key = await new Promise((resolve, reject) => MailServices.copy.copyFileMessage(file, folder, null, false, 0, "", {
    QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
    onStartCopy() {}, onProgress() {}, getMessageId() { return null; },
    setMessageKey(k) { this.key = k; },
    onStopCopy(status) { Components.isSuccessCode(status) ? resolve(this.key) : reject(new Error("copy " + status)); },
  }, null));
  const uri = folder.getUriForMsg(folder.GetMessageHeader(key));
  const main = Services.wm.getMostRecentWindow("mail:3pane");
  const tabmail = main.document.getElementById("tabmail");
  const tab = tabmail.openTab("mailMessageTab", {messageURI: uri, background: false});
  const sleep = ms => new Promise(resolve => main.setTimeout(resolve, ms));
  const answer = {signature: -1, encryption: -1, text: ""};
  for (let i = 0; i < 100; i++) {
    await sleep(50);
    const win = tab.chromeBrowser && tab.chromeBrowser.contentWindow;
    if (!win || !("gSignatureStatus" in win))
      continue;
    answer.signature = win.gSignatureStatus;
    answer.encryption = win.gEncryptionStatus;
    const pane = win.document.getElementById("messagepane");
    answer.text = pane && pane.contentDocument && pane.contentDocument.body ? pane.contentDocument.body.textContent : "";
    answer.box = win.document.getElementById("encryptionTechBtn") ?
      win.document.getElementById("encryptionTechBtn").textContent.trim() : "";
    if (answer.text.includes("Meet me at noon") && (kind == "sealed" || answer.signature != -1) &&
        (kind == "clear" || kind == "opaque" || answer.encryption != -1))
      break;
  }
  tabmail.closeTab(tab);
  return JSON.stringify(answer);
})().then(done, e => done("error: " + e));
"""
WRITE = """
const [path, text, signer, reader, done] = arguments;
(async () => {
  const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const {MimeMessage} = ChromeUtils.importESModule("resource:///modules/MimeMessage.sys.mjs");
  const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  const named = name => db.getCerts().find(cert => cert.commonName == name);
  const identity = MailServices.accounts.createIdentity();
  identity.email = "alice@example.org";
  identity.fullName = "Alice";
  const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
  fields.from = "Alice <alice@example.org>";
  fields.to = "bob@example.org";
  fields.subject = "Plans";
  fields.body = text;
  const secure = Cc["@mozilla.org/messengercompose/composesecure;1"].createInstance(Ci.nsIMsgComposeSecure);
  secure.signMessage = !!signer;
  secure.requireEncryptMessage = !!reader;
  if (signer) {
    identity.setUnicharAttribute("signing_cert_name", signer);
    identity.setUnicharAttribute("signing_cert_dbkey", named(signer).dbKey);
  }
  if (reader) {
    // It encrypts to the sender, too.
    const own = "alice-" + reader.split("-")[1];
    identity.setUnicharAttribute("encryption_cert_name", own);
    identity.setUnicharAttribute("encryption_cert_dbkey", named(own).dbKey);
    secure.cacheValidCertForEmail("bob@example.org", named(reader).dbKey);
  }
  fields.composeSecure = secure;
  const report = Cc["@mozilla.org/messengercompose/sendreport;1"].createInstance(Ci.nsIMsgSendReport);
  const message = new MimeMessage(identity, fields, null, "text/plain", text, Ci.nsIMsgSend.nsMsgDeliverNow, null,
                                  Ci.nsIMsgCompType.New, [], report);
  const made = await message.createMessageFile();
  await IOUtils.copy(made.path, path);
  await IOUtils.remove(made.path);
  return "";
})().then(done, e => done("error: " + e));
"""


class Thunderbird:
    def __init__(self, folder):
        self.profile = folder / "thunderbird"
        self.profile.mkdir()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        (self.profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in {**PREFS, "marionette.port": self.port}.items()))
        self.log = open(self.profile / "log", "wb")
        self.process = subprocess.Popen(
            [shutil.which("thunderbird"), "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile",
             str(self.profile)], stdout=self.log, stderr=self.log, start_new_session=True,
            env=dict(os.environ, HOME=str(folder), MOZ_HEADLESS="1", LANG="C.UTF-8"))
        self.number = 0
        self.connect()

    def connect(self):
        for _ in range(300):
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), 1)
                break
            except OSError:
                time.sleep(0.2)
        self.socket.settimeout(90)
        self.receive()
        self.ask("WebDriver:NewSession", {})
        self.ask("Marionette:SetContext", {"value": "chrome"})
        self.ask("WebDriver:SetTimeouts", {"script": 60000})

    def receive(self):
        size = b""
        while (one := self.socket.recv(1)) != b":":
            assert one, "Thunderbird is gone"
            size += one
        text = b""
        while len(text) < int(size):
            text += self.socket.recv(int(size) - len(text))
        return json.loads(text)

    def ask(self, name, arguments):
        self.number += 1
        text = json.dumps([0, self.number, name, arguments]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.receive()
        assert error is None, error
        return result

    def script(self, text, *arguments):
        return self.ask("WebDriver:ExecuteAsyncScript", {"script": text, "args": list(arguments)})["value"]

    def trust(self, ca, p12s):
        """Import the authority (base64 of DER) and the keys; an answer a key."""
        return self.script(SETUP, ca, [str(p) for p in p12s])

    def show(self, path, kind):
        """What the window says: statuses are 0 where all is well (nsICMSMessageErrors), -1 where there is none."""
        said = self.script(SHOW, str(pathlib.Path(path).resolve()), kind)
        return json.loads(said) if said.startswith("{") else {"error": said}

    def write(self, path, text, signer, reader):
        """Make a message for bob, signed by the certificate of one name, encrypted to that of another (None: not); an error, or ""."""
        return self.script(WRITE, str(pathlib.Path(path).resolve()), text, signer, reader)

    def close(self):
        try:
            self.ask("Marionette:Quit", {"flags": ["eForceQuit"]})
            self.process.wait(15)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()
