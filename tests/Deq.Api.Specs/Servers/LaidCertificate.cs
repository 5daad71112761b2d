namespace Deq.Api.Specs.Servers;

/// <summary>The files <c>tls.crt</c> and <c>tls.key</c> of a folder, as operators, certbot (<c>link</c>) and Kubernetes (<c>mount</c>) lay and renew them.</summary>
internal static class LaidCertificate
{
    /// <summary>Puts them there for the first time.</summary>
    public static void Lay(string folder, string way, OwnCertificate certificate)
    {
        switch (way)
        {
            case "link":
                Write(Path.Combine(folder, "archive1"), certificate);
                Directory.CreateDirectory(folder);
                Link(folder, "archive1");
                break;
            case "mount":
                Write(Path.Combine(folder, "..1"), certificate);
                Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "..1");
                Link(folder, "..data");
                break;
            default:
                Write(folder, certificate);
                break;
        }
    }

    /// <summary>Exchanges them for others.</summary>
    public static void Renew(string folder, string way, OwnCertificate renewed)
    {
        switch (way)
        {
            case "link":
                Write(Path.Combine(folder, "archive2"), renewed);
                File.Delete(Path.Combine(folder, "tls.crt"));
                File.Delete(Path.Combine(folder, "tls.key"));
                Link(folder, "archive2");
                break;
            case "mount":
                Write(Path.Combine(folder, "..2"), renewed);
                Directory.Delete(Path.Combine(folder, "..data"));
                Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "..2");
                break;
            case "moved":
                Write(Path.Combine(folder, "new"), renewed);
                File.Move(Path.Combine(folder, "new", "tls.key"), Path.Combine(folder, "tls.key"), overwrite: true);
                File.Move(Path.Combine(folder, "new", "tls.crt"), Path.Combine(folder, "tls.crt"), overwrite: true);
                break;
            default:
                Write(folder, renewed);
                break;
        }
    }

    private static void Link(string folder, string target)
    {
        File.CreateSymbolicLink(Path.Combine(folder, "tls.crt"), Path.Combine(target, "tls.crt"));
        File.CreateSymbolicLink(Path.Combine(folder, "tls.key"), Path.Combine(target, "tls.key"));
    }

    private static void Write(string folder, OwnCertificate certificate)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "tls.crt"), certificate.Pem);
        File.WriteAllText(Path.Combine(folder, "tls.key"), certificate.Key);
    }
}
