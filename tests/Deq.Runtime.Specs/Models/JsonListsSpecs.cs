using System.Text;
using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Runtime.Specs.Models;

public sealed class JsonListsSpecs
{
    [Theory]
    [InlineData("[null]", 1, 2)]
    [InlineData("{\"a\":[1,\nnull]}", 2, 1)]
    [InlineData("\uFEFF[[1], // one\n [ null, ] ]", 2, 4)]
    [InlineData("[[], {\"a\":null}, null]", 1, 18)]
    public void An_entry_that_is_null_is_refused_with_its_place(string json, int line, int place)
    {
        JsonException fault = Assert.Throws<JsonException>(() => JsonLists.RefuseNulls(Encoding.UTF8.GetBytes(json)));

        Assert.Equal($"an entry of a list is null, at line {line}, byte {place}", JsonFault.TextOf(fault));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"a\":null}")]
    [InlineData("[{\"a\":null}, 1, [], {}]")]
    public void Null_elsewhere_is_for_the_serializer_to_judge(string json) => JsonLists.RefuseNulls(Encoding.UTF8.GetBytes(json));
}
