using Deq.Api.Settings;

namespace Deq.Api.Fronts.Web;

/// <summary>
/// The certificates of the framework's own settings, read before anything is opened: the framework names no setting, and one fault at a time. Its addresses and
/// its limits of connections are looked at here for the same reason.
/// </summary>
internal sealed record CertificateSettings
{
    private const string Endpoints = "Kestrel:Endpoints";

    /// <summary>The one of every address, which is renewed here; null where there is none or an endpoint has one besides.</summary>
    public required CertificateFiles? OfAll { get; init; }

    /// <summary>Where relative paths start is the content root, as for the framework.</summary>
    public static SettingsSection Section(IConfiguration configuration, string root)
    {
        // By the time settings are read, an address for gRPC has made endpoints of all of them.
        string[] addresses = [.. ListenAddress.FaultsIn(configuration)];
        return SettingsSection.Of((_, reader) => Read(configuration, root, addresses, reader));
    }

    private static CertificateSettings Read(IConfiguration configuration, string root, string[] addresses, SettingsReader reader)
    {
        CertificateFiles? ofAll = CertificateFiles.Of(configuration.GetSection("Kestrel:Certificates:Default"), root);
        CertificateFiles[] others = [.. OfEndpoints(configuration).Select(section => CertificateFiles.Of(section, root)).OfType<CertificateFiles>()];
        foreach (CertificateFiles files in others.Prepend(ofAll).OfType<CertificateFiles>())
        {
            try
            {
                files.Read();
            }
            catch (InvalidDataException fault)
            {
                reader.Contradict(fault.Message);
            }
        }

        foreach (string fault in addresses.Concat(ConnectionLimits.FaultsOf(configuration)))
        {
            reader.Contradict(fault);
        }

        return new CertificateSettings { OfAll = OfEndpoints(configuration).Any() ? null : ofAll };
    }

    private static IEnumerable<IConfigurationSection> OfEndpoints(IConfiguration configuration) => configuration.GetSection(Endpoints).GetChildren()
        .SelectMany(endpoint => endpoint.GetSection("Sni").GetChildren().Prepend(endpoint)).Select(section => section.GetSection("Certificate")).Where(section => section.Exists());
}
