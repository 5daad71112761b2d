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
    [InlineData("text/event-stream; charset=utf-8", true)]
    [InlineData("text/event-stream; charset=utf-8; q=0.5, application/json; q=0.6", false)]
    [InlineData("application/json; charset=utf-8, text/event-stream; q=0.9", false)]
    public void Prefers_events_where_it_wants_them_more_or_names_them_more_closely(string? accept, bool prefersEvents)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Accept = accept;

        Assert.Equal(prefersEvents, AcceptHeader.Best(http.Request, [AcceptHeader.Json, AcceptHeader.EventStream]) == AcceptHeader.EventStream);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", 1)]
    [InlineData("application/json;indent=4;q=0.3", 0.3)]
    [InlineData("application/*; charset=utf-8", 1)]
    [InlineData("text/html; charset=utf-8", 0)]
    public void Wants_a_type_whatever_parameters_its_range_has(string accept, double quality)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Accept = accept;

        Assert.Equal(quality, AcceptHeader.Of(http.Request, AcceptHeader.Json).Quality);
    }

    [Theory]
    [InlineData(31, 1)]
    [InlineData(32, 0)]
    public void Wants_what_its_first_32_ranges_say(int before, double quality)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Accept = string.Concat(Enumerable.Repeat("text/html, ", before)) + AcceptHeader.Json;

        Assert.Equal(quality, AcceptHeader.Of(http.Request, AcceptHeader.Json).Quality);
    }

    [Fact]
    public void Is_parsed_once_per_request()
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Accept = AcceptHeader.Json;

        double first = AcceptHeader.Of(http.Request, AcceptHeader.Json).Quality;
        http.Request.Headers.Accept = AcceptHeader.EventStream;
        double second = AcceptHeader.Of(http.Request, AcceptHeader.Json).Quality;

        Assert.Equal((1.0, 1.0), (first, second));
    }
}
