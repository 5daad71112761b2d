using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Settings;

public sealed class StartupExceptionSpecs
{
    [Fact]
    public async Task Exits_with_1_and_lists_every_wrong_setting()
    {
        (int exitCode, string output, string errors) = await ServerProcess.Fail("--Engine:Threads=0", "--Limits:Image=3");

        Assert.Equal(1, exitCode);
        Assert.Equal(
            [
                "Deq cannot start:",
                "  - Setting Engine:Threads is '0'; it must be a whole number from 1 to 1024.",
                "  - Setting Limits:Image is unknown; Limits has Limits:BodyBytes, Limits:ClientHeader, Limits:ClientRequests, Limits:DeadlineMs, Limits:DecodeMs, "
                    + "Limits:HeldBytes, Limits:ImageHeight, Limits:ImagePixels, Limits:ImageWidth, Limits:Images.",
            ],
            errors.TrimEnd().Split('\n'));
        Assert.Empty(output);
    }

    [Fact]
    public async Task Exits_with_1_and_says_where_it_looked_for_models()
    {
        string nowhere = Path.Combine(Path.GetTempPath(), "no-such-folder-of-models");

        (int exitCode, _, string errors) = await ServerProcess.Fail($"--Models:Directory={nowhere}");

        Assert.Equal(1, exitCode);
        Assert.Contains(nowhere, errors);
        Assert.DoesNotContain("   at ", errors);
    }
}
