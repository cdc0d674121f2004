/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bouncy Castle reads and writes CMS for interop.py. One task a line on standard input, its fields apart by tabs:
 *   verify CMS CONTENT-or-- OUT          the signer's certificate is in it
 *   open CMS KEY CERT OUT                PKCS#8 PEM
 *   sign OUT CONTENT ALGORITHM KEY CERT  opaque; ALGORITHM as "SHA256withECDSA"
 *   seal OUT CONTENT CIPHER TRANSPORT CERT   TRANSPORT v15, oaep or ecdh
 * and one answer a line: "ok", or what was thrown.
 */
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.*;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.*;
import org.bouncycastle.openssl.jcajce.*;
import org.bouncycastle.operator.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.util.Store;

public class Judge {
	static byte[] read(String path) throws IOException {
		return Files.readAllBytes(Path.of(path));
	}

	static PrivateKey key(String path) throws Exception {
		Object o = new PEMParser(new FileReader(path)).readObject();
		return new JcaPEMKeyConverter().setProvider("BC").getPrivateKey((org.bouncycastle.asn1.pkcs.PrivateKeyInfo) o);
	}

	static X509Certificate cert(String path) throws Exception {
		return (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(new FileInputStream(path));
	}

	@SuppressWarnings("unchecked")
	static String verify(String[] f) throws Exception {
		CMSSignedData cms = f[2].equals("-") ? new CMSSignedData(read(f[1]))
			: new CMSSignedData(new CMSProcessableByteArray(read(f[2])), read(f[1]));
		Store<X509CertificateHolder> certs = cms.getCertificates();
		Collection<SignerInformation> signers = cms.getSignerInfos().getSigners();
		if (signers.size() != 1)
			return "not one signer";
		SignerInformation signer = signers.iterator().next();
		X509CertificateHolder holder = (X509CertificateHolder) certs.getMatches(signer.getSID()).iterator().next();
		if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder)))
			return "it does not verify";
		Files.write(Path.of(f[3]), (byte[]) cms.getSignedContent().getContent());
		return "ok";
	}

	static Recipient recipient(RecipientInformation r, PrivateKey key, boolean tagged) {
		boolean agreed = r instanceof KeyAgreeRecipientInformation;
		if (tagged && agreed)
			throw new UnsupportedOperationException("it has no recipient for this");
		if (tagged)
			return new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC");
		return agreed ? new JceKeyAgreeEnvelopedRecipient(key).setProvider("BC")
			: new JceKeyTransEnvelopedRecipient(key).setProvider("BC");
	}

	static String open(String[] f) throws Exception {
		byte[] der = read(f[1]);
		boolean tagged = org.bouncycastle.asn1.cms.ContentInfo.getInstance(der).getContentType().getId().endsWith(".23");
		RecipientInformationStore all = tagged ? new CMSAuthEnvelopedData(der).getRecipientInfos()
			: new CMSEnvelopedData(der).getRecipientInfos();
		X509CertificateHolder own = new JcaX509CertificateHolder(cert(f[3]));
		for (RecipientInformation r : all.getRecipients())
			if (r.getRID().match(own)) {
				Files.write(Path.of(f[4]), r.getContent(recipient(r, key(f[2]), tagged)));
				return "ok";
			}
		return "not for this recipient";
	}

	static String sign(String[] f) throws Exception {
		CMSSignedDataGenerator g = new CMSSignedDataGenerator();
		ContentSigner signer = new JcaContentSignerBuilder(f[3]).setProvider("BC").build(key(f[4]));
		g.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build())
			.build(signer, cert(f[5])));
		g.addCertificates(new JcaCertStore(List.of(cert(f[5]))));
		Files.write(Path.of(f[1]), g.generate(new CMSProcessableByteArray(read(f[2])), true).getEncoded());
		return "ok";
	}

	static ASN1ObjectIdentifier cipher(String name) {
		switch (name) {
		case "AES-128-CBC": return CMSAlgorithm.AES128_CBC;
		case "AES-128-GCM": return CMSAlgorithm.AES128_GCM;
		case "AES-256-GCM": return CMSAlgorithm.AES256_GCM;
		default: return CMSAlgorithm.AES256_CBC;
		}
	}

	static RecipientInfoGenerator to(String transport, X509Certificate cert, boolean small) throws Exception {
		if (transport.equals("ecdh")) {
			KeyPairGenerator kg = KeyPairGenerator.getInstance("EC", "BC");
			kg.initialize(((java.security.interfaces.ECPublicKey) cert.getPublicKey()).getParams());
			KeyPair pair = kg.generateKeyPair();
			return new JceKeyAgreeRecipientInfoGenerator(CMSAlgorithm.ECDH_SHA256KDF, pair.getPrivate(), pair.getPublic(),
				small ? CMSAlgorithm.AES128_WRAP : CMSAlgorithm.AES256_WRAP).addRecipient(cert).setProvider("BC");
		}
		if (transport.equals("oaep"))
			return new JceKeyTransRecipientInfoGenerator(cert, new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(
				org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers.id_RSAES_OAEP, new OAEPParameterSpec("SHA-256", "MGF1",
				new MGF1ParameterSpec("SHA-256"), PSource.PSpecified.DEFAULT))).setProvider("BC");
		return new JceKeyTransRecipientInfoGenerator(cert).setProvider("BC");
	}

	static String seal(String[] f) throws Exception {
		CMSProcessableByteArray content = new CMSProcessableByteArray(read(f[2]));
		RecipientInfoGenerator to = to(f[4], cert(f[5]), f[3].contains("128"));
		OutputEncryptor out = new JceCMSContentEncryptorBuilder(cipher(f[3])).setProvider("BC").build();
		byte[] der;
		if (f[3].endsWith("GCM")) {
			CMSAuthEnvelopedDataGenerator g = new CMSAuthEnvelopedDataGenerator();
			g.addRecipientInfoGenerator(to);
			der = g.generate(content, (OutputAEADEncryptor) out).getEncoded();
		} else {
			CMSEnvelopedDataGenerator g = new CMSEnvelopedDataGenerator();
			g.addRecipientInfoGenerator(to);
			der = g.generate(content, out).getEncoded();
		}
		Files.write(Path.of(f[1]), der);
		return "ok";
	}

	public static void main(String[] args) throws IOException {
		Security.addProvider(new BouncyCastleProvider());
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
		for (String line; (line = in.readLine()) != null;) {
			String[] f = line.split("\t");
			String said;
			try {
				said = f[0].equals("verify") ? verify(f) : f[0].equals("open") ? open(f) : f[0].equals("sign") ? sign(f) : seal(f);
			} catch (Throwable e) {
				said = e.toString().replace('\n', ' ');
			}
			System.out.println(said);
		}
	}
}
