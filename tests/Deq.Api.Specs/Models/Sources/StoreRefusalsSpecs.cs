using System.Net;
using Deq.Api.Models.Sources;

namespace Deq.Api.Specs.Models.Sources;

public sealed class StoreRefusalsSpecs
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("<Error><Code>AccessDenied</Code><Message>no</Message></Error>", 0, " (AccessDenied): the access key may not read the object, or the object is not there")]
    [InlineData("<Error><Code>NoSuchKey</Code></Error>", 0, " (NoSuchKey)")]
    [InlineData("<Error><Code>AccessDenied</Code></Error>", 4, " (AccessDenied): the access key may not read the object, or the object is not there")]
    [InlineData("<Error><Code>NoSuchKey</Code></Error>", 20, " (NoSuchKey); this machine's clock is 20 minutes behind the store's")]
    [InlineData("<Error><Code>NoSuchKey</Code></Error>", -20, " (NoSuchKey); this machine's clock is 20 minutes ahead of the store's")]
    [InlineData("<Error><Code>a b</Code></Error>", 20, "")]
    [InlineData("Forbidden", 20, "")]
    [InlineData("", 0, "")]
    public async Task Name_the_code_what_it_means_and_clocks_that_differ(string body, int minutes, string expected)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Forbidden) { Content = new StringContent(body) };
        response.Headers.Date = s_now.AddMinutes(minutes);

        Assert.Equal(expected, await StoreRefusals.ReadAsync(response, s_now, Cancellation));
    }
}
