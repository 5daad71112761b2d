using Deq.Api.Ensembles;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process over three tiny classifiers <c>a</c>, <c>b</c> and <c>c</c>, and the ensembles of files that a spec gives.</summary>
internal sealed class EnsembleServer : WebApplicationFactory<Program>
{
    public const string Trio = "/api/v1/ensembles/trio";
    public const string Classify = Trio + "/classify";

    /// <summary>Three members: the dearest is the most trusted.</summary>
    public const string TrioFile = """
        {
          "members": [
            { "model": "a", "cost": 1, "checked": { "right": 80, "wrong": 20 } },
            { "model": "b", "cost": 2, "checked": { "right": 90, "wrong": 10 } },
            { "model": "c", "cost": 9, "checked": { "right": 95, "wrong": 5 } }
          ]
        }
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly (string Name, string Text)[] _files;

    public EnsembleServer(params (string Name, string Text)[] files) => _files = files.Length > 0 ? files : [("trio.json", TrioFile)];

    /// <summary>Makes changes to the options of the three bundles.</summary>
    public Func<TinyBundleOptions, TinyBundleOptions> Bundle { get; init; } = options => options;

    public IReadOnlyList<(string Key, string Value)> Settings { get; init; } = [];

    /// <summary>Changes the trust store from outside, such as to what cannot be written or read.</summary>
    /// <param name="statement">SQL.</param>
    public void ChangeStore(string statement)
    {
        using var connection = new SqliteConnection($"Data Source={_folder["trust.db"]};Pooling=False");
        connection.Open();
        TrustSchema.Execute(connection, statement);
    }

    public TrustStore Store => Services.GetRequiredService<TrustStore>();

    /// <summary>An image as a tensor body.</summary>
    public static ByteArrayContent Image(int seed = 1) => Clients.Calls.Tensor("1,8,8", TinyBundle.Image(seed));

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        string[] names = ["a", "b", "c"];
        for (int i = 0; i < names.Length; i++)
        {
            TinyBundle.Write(_folder[$"models/{names[i]}"], Bundle(new TinyBundleOptions { Name = names[i], Seed = i + 1 }));
        }

        Directory.CreateDirectory(_folder["ensembles"]);
        foreach ((string name, string text) in _files)
        {
            File.WriteAllText(Path.Combine(_folder["ensembles"], name), text);
        }

        builder.UseSetting("Models:Directory", _folder["models"]);
        builder.UseSetting("Ensembles:Database", _folder["trust.db"]);
        builder.UseSetting("Engine:Threads", "1");
        builder.UseSetting("Engine:RowsPerThread", "4");
        foreach ((string key, string value) in Settings)
        {
            builder.UseSetting(key, value);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Directory.Exists(_folder.Path))
        {
            _folder.Dispose();
        }
    }
}
