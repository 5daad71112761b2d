using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>The built server over a copy of one small classifier, with keys.</summary>
internal sealed class DoorServer : IDisposable
{
    public const string Model = "fashion-mnist-coarse";

    private readonly TemporaryFolder _models = new();

    /// <param name="settings">Further settings, as on its command line.</param>
    public DoorServer(params string[] settings)
    {
        Copy(Repository.Folder("models", Model), Folder);
        Process = ApiProcess.Start(_models.Path, settings);
    }

    /// <summary>The model's folder, which measurements may change.</summary>
    public string Folder => _models[Model];

    public ApiProcess Process { get; }

    /// <summary>Settings of a key.</summary>
    public static string[] Key(string name, string roles = "infer", int weight = 1) =>
        [$"--Access:Keys:{name}:Sha256={Hash(SecretOf(name))}", $"--Access:Keys:{name}:Roles={roles}", $"--Access:Keys:{name}:Weight={weight}"];

    /// <summary>A client that shows a key.</summary>
    public HttpClient ClientOf(string name)
    {
        HttpClient client = Process.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", SecretOf(name));
        return client;
    }

    /// <summary>What the client of a key shows.</summary>
    public static string SecretOf(string name) => $"secret-of-{name}-with-many-bytes";

    /// <summary>Copies the files of a model into a folder, which is made.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    public void Dispose()
    {
        Process.Dispose();
        _models.Dispose();
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
