using Deq.Api.Models;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Servers;

/// <summary>The server in this process, with one model in host memory named <c>linear</c>: its output is its input.</summary>
internal sealed class Server : WebApplicationFactory<Program>
{
    public const string Model = "linear";

    public static readonly string Hash = new('a', 64);

    private readonly LinearModel _model;
    private readonly IReadOnlyDictionary<string, string> _settings;

    public Server(LinearModel? model = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        _model = model ?? new LinearModel(4);
        _settings = settings ?? new Dictionary<string, string>();
    }

    public Server(params ReadOnlySpan<(string Key, string Value)> settings)
        : this(null, settings.ToArray().ToDictionary(pair => pair.Key, pair => pair.Value))
    {
    }

    /// <summary>The clock of the server and of its engine. Default null: the system's.</summary>
    public TimeProvider? Clock { get; init; }

    public ModelCatalogue Catalog => Services.GetRequiredService<ModelCatalogue>();

    public InferenceEngine Engine => Catalog.Find(Model).Engine;

    public static ModelManifest Manifest { get; } = new()
    {
        FormatVersion = ModelManifest.CurrentFormatVersion,
        Name = Model,
        Version = "1.2.3",
        Task = "image-classification",
        Description = "Its output is its input.",
        Input = new ImageInput { Channels = 1, Height = 2, Width = 2, Mean = [0], Deviation = [1] },
        Labels = ["north", "east", "south", "west"],
        Encoder = new ModelPart("encode.onnx", [], []),
        Cell = new ModelPart("cell.onnx", [], []),
        Decoder = new ModelPart("decode.onnx", [], []),
        Defaults = new SolveDefaults { Solver = "picard", Tolerance = 1e-3, MaxEvaluations = 50, EvaluationsLimit = 200, ToleranceLimit = 1e-6 },
        Quality = new Dictionary<string, double> { ["accuracy"] = 0.75 },
        Files = new Dictionary<string, string>(),
    };

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting(WebHostDefaults.ServerUrlsKey, "http://127.0.0.1:0");
        foreach ((string key, string value) in _settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureTestServices(services =>
        {
            if (Clock is not null)
            {
                services.AddSingleton(Clock);
            }

            services.AddSingleton(provider =>
            {
                EngineOptions options = provider.GetRequiredService<ModelSettings>().Engine;
                return new ModelCatalogue([new ServedModel(Manifest, Hash, new InferenceEngine(
                    Model, _model, options, Clock, provider.GetRequiredService<EngineMetrics>()))]);
            });
        });
    }
}
