using System.Net.Http.Headers;
using Deq.Api.Specs.Access;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over a folder of bundles that specs change while it runs, <c>tiny</c> to begin with.</summary>
internal sealed class LifecycleServer : WebApplicationFactory<Program>
{
    public const string Load = "/v2/repository/models/{0}/load";
    public const string Unload = "/v2/repository/models/{0}/unload";

    private readonly TemporaryFolder _models = new();
    private readonly (string Key, string Value)[] _settings;

    public LifecycleServer(params (string Key, string Value)[] settings)
    {
        _settings = settings;
        Write("tiny", "1.0.0");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Writes or replaces a bundle.</summary>
    /// <param name="name">Its folder: the model's name, or that and a version's number, such as <c>tiny/2</c>.</param>
    /// <param name="version">The version in its manifest.</param>
    /// <param name="seed">Decides its weights.</param>
    public void Write(string name, string version, int seed = 1)
    {
        if (Directory.Exists(_models[name]))
        {
            Directory.Delete(_models[name], recursive: true);
        }

        TinyBundle.Write(_models[name], new TinyBundleOptions { Name = Path.GetDirectoryName(name) is { Length: > 0 } model ? model : name, Version = version, Seed = seed });
    }

    /// <summary>Writes a manifest alone, and the folder where there is none.</summary>
    public void WriteManifest(string name, string text) => File.WriteAllText(Path.Combine(Directory.CreateDirectory(_models[name]).FullName, "manifest.json"), text);

    public void DeleteManifest(string name) => File.Delete(Path.Combine(_models[name], "manifest.json"));

    /// <summary>Removes a file of a bundle, and gives what it held.</summary>
    public byte[] Take(string name, string file)
    {
        byte[] held = File.ReadAllBytes(Path.Combine(_models[name], file));
        File.Delete(Path.Combine(_models[name], file));
        return held;
    }

    public void Put(string name, string file, byte[] bytes) => File.WriteAllBytes(Path.Combine(_models[name], file), bytes);

    public void Delete(string name) => Directory.Delete(_models[name], recursive: true);

    /// <summary>Has no folder of models where one was.</summary>
    public void HideFolder() => Directory.Move(_models.Path, _models.Path + ".hidden");

    public void ShowFolder() => Directory.Move(_models.Path + ".hidden", _models.Path);

    /// <summary>Sets who may read a bundle's folder; nothing on Windows.</summary>
    public void SetMode(string name, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_models[name], mode);
        }
    }

    public void Spoil(string name) => File.AppendAllText(Path.Combine(_models[name], "cell.onnx"), "x");

    /// <summary>A client with the key of a role.</summary>
    public HttpClient Client(string role)
    {
        HttpClient client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", $"secret of {role}");
        return client;
    }

    public static Task<HttpResponseMessage> Post(HttpClient client, string path, string model) =>
        client.PostAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, path, model), null, Cancellation);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Models:Directory", _models.Path);
        builder.UseSetting("Engine:Threads", "2");
        builder.UseSetting("Engine:RowsPerThread", "2");
        builder.UseSetting("Limits:ClientRequests", "1000");
        foreach (string role in new[] { "infer", "manage" })
        {
            builder.UseSetting($"Access:Keys:{role}:Sha256", AccessControlSpecs.Hash($"secret of {role}"));
            builder.UseSetting($"Access:Keys:{role}:Roles", role);
        }

        foreach ((string key, string value) in _settings)
        {
            builder.UseSetting(key, value);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Directory.Exists(_models.Path))
        {
            _models.Dispose();
        }
    }
}
