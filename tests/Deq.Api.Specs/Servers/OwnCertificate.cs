using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Deq.Api.Specs.Servers;

/// <summary>A certificate for this machine, made for one spec.</summary>
internal sealed class OwnCertificate : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    /// <param name="issuer">Signs it; null: it signs itself.</param>
    public OwnCertificate(OwnCertificate? issuer = null)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest($"CN=Deq {Guid.NewGuid():N}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        if (issuer is null)
        {
            _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            return;
        }

        using X509Certificate2 issued = request.Create(issuer._certificate, new DateTimeOffset(issuer._certificate.NotBefore), new DateTimeOffset(issuer._certificate.NotAfter), RandomNumberGenerator.GetBytes(8));
        _certificate = issued.CopyWithPrivateKey(_key);
    }

    public string Pem => _certificate.ExportCertificatePem();

    public string Key => _key.ExportPkcs8PrivateKeyPem();

    public string Thumbprint => _certificate.Thumbprint;

    public byte[] Pkcs12(string password) => _certificate.Export(X509ContentType.Pkcs12, password);

    public string EncryptedKey(string password) => _key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));

    /// <summary>A handler that trusts this certificate and no other.</summary>
    public SocketsHttpHandler Trusting() => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _certificate }, RevocationMode = X509RevocationMode.NoCheck },
        },
    };

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
