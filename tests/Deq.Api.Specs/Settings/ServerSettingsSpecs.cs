using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;
using Deq.Api.Streams;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Specs.Settings;

public sealed class ServerSettingsSpecs
{
    [Fact]
    public void Have_defaults_for_everything()
    {
        ServerSettings settings = AllSettings.Read();

        Assert.Null(settings.Of<ModelSettings>().Directory);
        EngineOptions engine = settings.Of<ModelSettings>().Engine;
        Assert.Equal(new EngineOptions { Memory = engine.Memory, CacheDirectory = engine.CacheDirectory }, engine);
        Assert.EndsWith(Path.Combine("deq", "layouts"), engine.CacheDirectory);
        Assert.Equal(MemoryBudget.OfThisProcess().Lanes, engine.Memory.Limit);
        Assert.Equal(8 << 20, settings.Of<RequestLimits>().BodyBytes);
        Assert.Equal(32, settings.Of<RequestLimits>().Images);
        Assert.Equal(30_000, settings.Of<RequestLimits>().DeadlineMs);
        Assert.Equal(512L << 20, settings.Of<StreamLimits>().Bytes);
    }

    [Fact]
    public void Are_taken_whatever_the_case_of_their_keys()
    {
        ServerSettings settings = AllSettings.Read(("engine:threads", "3"), ("LIMITS:IMAGES", "5"), ("Models:Directory", "elsewhere"));

        Assert.Equal(3, settings.Of<ModelSettings>().Engine.Threads);
        Assert.Equal(5, settings.Of<RequestLimits>().Images);
        Assert.Equal("elsewhere", settings.Of<ModelSettings>().Directory);
    }

    [Fact]
    public void With_faults_are_refused_with_every_fault_listed()
    {
        StartupException refusal = Assert.Throws<StartupException>(
            () => AllSettings.Read(("Engine:Threads", "0"), ("Engine:Thread", "2"), ("Limits:Images", "many"), ("Limits:HeldBytes", "10"),
                ("Limits:ClientRequests", "0"), ("Limits:ClientHeader", "X Key"), ("Engine:Batching", "dynamic"),
                ("Streams:Fill", "background"), ("Budgets:m:fast:Tolerance", "2"), ("Budgets:m:fast:Evaluations", "2")));

        Assert.Equal(
            [
                "Setting Limits:Images is 'many'; it must be a whole number from 1 to 4096.",
                "Setting Limits:ClientRequests is '0'; it must be a whole number from 1 to 1000000.",
                "Setting Limits:ClientHeader is 'X Key'; it must be the name of a header: letters, digits, '-' and '_'.",
                "Setting Engine:Threads is '0'; it must be a whole number from 1 to 1024.",
                "Setting Engine:Batching is 'dynamic'; it must be one of iteration, static.",
                "Setting Budgets:m:fast:Tolerance is '2'; it must be a number above 0 and below 1.",
                "Setting Engine:Thread is unknown; Engine has Engine:Batching, Engine:CacheDirectory, Engine:CollectMs, "
                    + "Engine:EvaluationWithinMs, Engine:LaneBytes, Engine:MaxQueueMs, Engine:MeasureMs, Engine:NormalPriorityMaxWaitMs, Engine:QueueCapacity, Engine:RowsPerThread, Engine:Threads.",
                "Setting Streams:Fill is unknown; Streams has Streams:Bytes, Streams:IdleMs, Streams:Most, Streams:PerCaller.",
                "Setting Budgets:m:fast:Evaluations is unknown; Budgets has Budgets:m:fast:DeadlineMs, Budgets:m:fast:MaxEvaluations, "
                    + "Budgets:m:fast:Solver, Budgets:m:fast:Tolerance, Budgets:m:fast:UntilStable.",
                "Limits:BodyBytes is 8388608 and Limits:HeldBytes 10; a full body could never be held.",
            ],
            refusal.Faults);
    }

    [Fact]
    public void Take_no_more_pixels_of_an_image_than_an_array_of_four_bytes_each_holds()
    {
        StartupException refusal = Assert.Throws<StartupException>(() => AllSettings.Read(("Limits:ImagePixels", "500000001")));

        Assert.Equal("Setting Limits:ImagePixels is '500000001'; it must be a whole number from 1 to 500000000.", Assert.Single(refusal.Faults));
        Assert.InRange(4L * AllSettings.Read(("Limits:ImagePixels", "500000000")).Of<RequestLimits>().ImagePixels, 1, Array.MaxLength);
    }

    [Theory]
    [InlineData("Access:Jwt:RolesClaim=groups", "Access:Jwt needs Issuer, Audience, and one of Authority and KeysFile.")]
    [InlineData("Access:Jwt:Weight=3", "Access:Jwt needs Issuer, Audience, and one of Authority and KeysFile.")]
    [InlineData("Access:Jwt:BytesPerSecond=3", "Access:Jwt needs Issuer, Audience, and one of Authority and KeysFile.")]
    [InlineData("Limits:HeldBytes=9223372036854775807", "Setting Limits:HeldBytes is '9223372036854775807'; it must be a whole number from 1 to 9223372036854775.")]
    [InlineData("OpenInference:GrpcUrl=8001", "Setting OpenInference:GrpcUrl is '8001'; it must be an address to listen at, such as http://127.0.0.1:8001, or http://*:8001 for every address of the machine.")]
    [InlineData(
        "Models:AllowLoading=true OpenInference:Rest=false Access:Keys:a:Sha256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Models:AllowLoading is true and OpenInference:Rest false; models are loaded and unloaded over its paths alone, so none could be.")]
    public void That_would_be_ignored_in_silence_or_cannot_be_are_refused(string settings, string fault)
    {
        StartupException refusal = Assert.Throws<StartupException>(
            () => AllSettings.Read([.. settings.Split(' ').Select(setting => (setting.Split('=')[0], setting.Split('=')[1]))]));

        Assert.Equal(fault, Assert.Single(refusal.Faults));
    }

    [Fact]
    public void That_contradict_each_other_are_refused()
    {
        StartupException refusal = Assert.Throws<StartupException>(() => AllSettings.Read(("Engine:QueueCapacity", "31")));

        Assert.Equal("Limits:Images is 32 and Engine:QueueCapacity 31; a full request could never be queued.", Assert.Single(refusal.Faults));
    }
}
