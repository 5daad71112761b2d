using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Deq.Runtime.Models;

namespace Deq.Api.Fronts.Web;

/// <summary>A certificate of the server in files: PEM with its key in a file beside it, or PKCS #12.</summary>
/// <param name="Section">The section of the settings that names them, such as <c>Kestrel:Certificates:Default</c>.</param>
/// <param name="Path">The certificate, those of its issuers behind it.</param>
/// <param name="KeyPath">The key as PEM; null: <paramref name="Path"/> is PKCS #12.</param>
internal sealed record CertificateFiles(string Section, string Path, string? KeyPath)
{
    /// <summary>What the key, or the file of PKCS #12, is encrypted with.</summary>
    private string? Password { get; init; }

    /// <summary>The files of a section; null where it names none.</summary>
    public static CertificateFiles? Of(IConfigurationSection section, string root)
    {
        return Full(nameof(Path)) is { } path ? new CertificateFiles(section.Path, path, Full(nameof(KeyPath))) { Password = section[nameof(Password)] } : null;

        string? Full(string key) => section[key] is { Length: > 0 } file ? System.IO.Path.GetFullPath(file, root) : null;
    }

    /// <summary>When the files were written and how long they are, of what links lead to.</summary>
    /// <exception cref="IOException">They are not there.</exception>
    public (DateTime Written, long Length, DateTime KeyWritten, long KeyLength) Look()
    {
        (FileInfo certificate, FileInfo key) = (Target(Path), Target(KeyPath ?? Path));
        return (certificate.LastWriteTimeUtc, certificate.Length, key.LastWriteTimeUtc, key.Length);
    }

    /// <summary>The certificate, with its key and its issuers.</summary>
    /// <exception cref="InvalidDataException">A file is missing or is not what it must be; the message names its setting.</exception>
    public SslStreamCertificateContext Read()
    {
        if (KeyPath is null)
        {
            return Context(Tried(nameof(Path), Path, () => FromPkcs12(Path, Password)));
        }

        X509Certificate2Collection certificates = Tried(nameof(Path), Path, () => FromPem(Path));
        X509Certificate2 leaf = Tried(nameof(KeyPath), KeyPath, () => WithKey(certificates[0], RegularFile.ReadAllText(KeyPath), Password));
        return Context([leaf, .. certificates.Skip(1)]);
    }

    private static FileInfo Target(string file)
    {
        var info = new FileInfo(file);
        return info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
    }

    private static SslStreamCertificateContext Context(X509Certificate2Collection certificates)
    {
        X509Certificate2 leaf = certificates.First(certificate => certificate.HasPrivateKey);

        // Issuers come from the file; nothing is fetched.
        return SslStreamCertificateContext.Create(leaf, [.. certificates.Where(certificate => certificate != leaf)], offline: true);
    }

    private static X509Certificate2Collection FromPkcs12(string path, string? password)
    {
        if (RegularFile.ReadAllText(path).Contains("-----BEGIN ", StringComparison.Ordinal))
        {
            throw new CryptographicException("It is PEM, and KeyPath does not say where its key is.");
        }

        X509Certificate2Collection certificates = X509CertificateLoader.LoadPkcs12CollectionFromFile(path, password);
        return certificates.Any(certificate => certificate.HasPrivateKey) ? certificates : throw new CryptographicException("It has no private key.");
    }

    private static X509Certificate2Collection FromPem(string path)
    {
        X509Certificate2Collection certificates = [];
        certificates.ImportFromPem(RegularFile.ReadAllText(path));
        return certificates.Count > 0 ? certificates : throw new CryptographicException("It has no certificate as PEM.");
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string key, string? password)
    {
        using X509Certificate2 read = key.Contains("BEGIN ENCRYPTED", StringComparison.Ordinal)
            ? X509Certificate2.CreateFromEncryptedPem(certificate.ExportCertificatePem(), key, password)
            : X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);

        // Windows takes no key for TLS that is in memory alone.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), password: null);
    }

    private T Tried<T>(string setting, string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"Setting {Section}:{setting} is '{file}', which cannot be used: {fault.Message.Split(" (Parameter", 2)[0]}", fault);
        }
    }
}
