using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Runtime.Models;

namespace Deq.Runtime.Specs.Models;

/// <summary>What a broken file is said to have wrong.</summary>
public sealed class JsonFaultSpecs
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    [Theory]
    [InlineData("""{"inner":{"number":1,"nummer":2}}""", "inner.nummer is not known here, at line 1, byte 31")]
    [InlineData("""{"outer":{"number":1}}""", "outer is not known here, at line 1, byte 10")]
    [InlineData("""{"inner":{}}""", "inner lacks 'number', at line 1, byte 12")]
    [InlineData("{}", "the file lacks 'inner', at line 1, byte 3")]
    [InlineData("""{"inner":{"number":"one"}}""", "inner.number has a value of another kind, at line 1, byte 25")]
    [InlineData("[]", "the whole has a value of another kind, at line 1, byte 2")]
    [InlineData("""{"inner":{"number":1,"number":2}}""", "inner.number stands twice, at line 1, byte 32")]
    public void Names_the_member_and_the_place(string json, string text) =>
        Assert.Equal(text, JsonFault.TextOf(Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Outer>(json, s_json))));

    [Fact]
    public void Says_where_a_text_stops_being_JSON()
    {
        string text = JsonFault.TextOf(Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse("{\n  \"a\": 1\n  \"b\": 2\n}")));

        Assert.EndsWith(", at line 3, byte 3", text);
        Assert.DoesNotContain("LineNumber", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"number":1,"nummer":2}""", "inner.nummer is not known here")]
    [InlineData("{}", "inner lacks 'number'")]
    [InlineData("""{"number":"one"}""", "inner.number has a value of another kind")]
    public void Names_no_place_in_a_section_that_was_read_by_itself(string section, string text)
    {
        using var document = JsonDocument.Parse(section);

        Assert.Equal(text, JsonFault.TextOf(Assert.Throws<JsonException>(() => document.RootElement.Deserialize<Inner>(s_json)), "inner"));
    }

    [Fact]
    public void Keeps_a_message_of_its_own() => Assert.Equal("reasoning is null", JsonFault.TextOf(new JsonException("reasoning is null.")));

    [Fact]
    public void Keeps_what_another_exception_says_as_a_clause() => Assert.Equal("the disk is gone", JsonFault.TextOf(new IOException("the disk is gone.")));

    private sealed record Outer
    {
        public required Inner Inner { get; init; }
    }

    private sealed record Inner
    {
        public required int Number { get; init; }
    }
}
