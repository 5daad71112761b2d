using System.CommandLine;
using System.Text;
using Deq.Export.Commands;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;

namespace Deq.Export.Specs.Bilevel;

public sealed class TuneRegularizationCommandSpecs
{
    [Fact]
    public async Task Runs_through_on_a_file_of_examples()
    {
        using TemporaryFolder folder = new();
        var random = new Random(1);
        var text = new StringBuilder();
        for (int i = 0; i < 60; i++)
        {
            double feature = random.NextDouble() - 0.5;
            text.Append($"{(feature + (0.5 * (random.NextDouble() - 0.5)) > 0 ? 1 : -1)} 1:{feature} 2:1\n");
        }

        int code = await Invoke("--data", folder.Write("rows.gz", Encoding.UTF8.GetBytes(text.ToString())), "--steps", "5");

        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Ends_with_the_files_fault()
    {
        DatasetException fault = await Assert.ThrowsAsync<DatasetException>(() => Invoke("--data", "missing.txt"));

        Assert.Contains("missing.txt", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--steps", "0")]
    [InlineData("--held-out-share", "0.9")]
    [InlineData("--gradient", "magic")]
    public async Task Refuses_an_option_out_of_range(string option, string value)
    {
        ParseResult parsed = new RootCommand { TuneRegularizationCommand.Make() }.Parse(["tune-regularization", "--data", "rows", option, value]);

        Assert.Contains(parsed.Errors, error => error.Message.Contains(value, StringComparison.Ordinal));
        Assert.NotEqual(0, await parsed.InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
    }

    private static Task<int> Invoke(params string[] options) => new RootCommand { TuneRegularizationCommand.Make() }
        .Parse(["tune-regularization", .. options])
        .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken);
}
