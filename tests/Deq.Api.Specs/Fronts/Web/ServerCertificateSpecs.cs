using System.Net.Security;
using Deq.Api.Fronts.Web;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Deq.Api.Specs.Fronts.Web;

public sealed class ServerCertificateSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly OwnCertificate _first = new();
    private readonly OwnCertificate _second = new();
    private readonly ServerCertificate _certificate;

    public ServerCertificateSpecs()
    {
        Directory.CreateDirectory(_folder.Path);
        File.WriteAllText(_folder["tls.crt"], _first.Pem);
        File.WriteAllText(_folder["tls.key"], _first.Key);
        _certificate = new ServerCertificate(new CertificateFiles("Kestrel:Certificates:Default", _folder["tls.crt"], _folder["tls.key"]), _clock, NullLogger<ServerCertificate>.Instance);
    }

    public void Dispose()
    {
        _second.Dispose();
        _first.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Stays_until_both_files_of_the_new_one_are_there()
    {
        File.WriteAllText(_folder["tls.crt"], _second.Pem);
        string withoutKey = ShownLater();
        File.Delete(_folder["tls.crt"]);
        string withoutBoth = ShownLater();
        File.WriteAllText(_folder["tls.crt"], _second.Pem);
        File.WriteAllText(_folder["tls.key"], _second.Key);
        string whole = ShownLater();

        Assert.Equal((_first.Thumbprint, _first.Thumbprint, _second.Thumbprint), (withoutKey, withoutBoth, whole));
    }

    [Fact]
    public void Sends_the_issuers_in_the_file_after_it()
    {
        using var issuer = new OwnCertificate(_second);
        using var issued = new OwnCertificate(issuer);
        File.WriteAllText(_folder["tls.crt"], issued.Pem + "\n" + issuer.Pem);
        File.WriteAllText(_folder["tls.key"], issued.Key);
        string shown = ShownLater();

        Assert.Equal(issued.Thumbprint, shown);
        Assert.Equal(issuer.Thumbprint, Assert.Single(Given().IntermediateCertificates).Thumbprint);
    }

    private string ShownLater()
    {
        _clock.Advance(TimeSpan.FromSeconds(2));
        return Given().TargetCertificate.Thumbprint;
    }

    private SslStreamCertificateContext Given()
    {
        SslServerAuthenticationOptions handshake = new();
        _certificate.Give(handshake);
        return handshake.ServerCertificateContext!;
    }
}
