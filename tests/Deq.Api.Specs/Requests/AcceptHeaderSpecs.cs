using Deq.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Deq.Api.Specs.Requests;

public sealed class AcceptHeaderSpecs
{
    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("application/json", false)]
    [InlineData("text/event-stream", true)]
    [InlineData("text/*", true)]
    [InlineData("text/event-stream, */*", true)]
    [InlineData("text/event-stream, application/json", false)]
    [InlineData("text/event-stream, application/json;q=0.9", true)]
    [InlineData("text/event-stream;q=0.5, */*;q=0.1", true)]
    [InlineData("text/event-stream;q=0.5, */*", false)]
    [InlineData("text/event-stream;q=0, application/json;q=0", false)]
    public void Prefers_events_where_it_wants_them_more_or_names_them_more_closely(string? accept, bool prefersEvents)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Accept = accept;

        Assert.Equal(prefersEvents, AcceptHeader.PrefersEvents(http.Request));
    }
}
