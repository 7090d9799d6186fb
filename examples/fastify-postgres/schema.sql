-- A shop: products, and the reviews that make a product page expensive.

create table products (
  id int primary key,
  name text not null,
  cents int not null
);
create table reviews (
  product int not null references products,
  stars int not null,
  body text not null
);
insert into products select id, 'Product ' || id, 500 + id from generate_series(1, 200) id;
insert into reviews select 1 + i % 200, 1 + i * 7 % 5, 'review ' || i || repeat(' and so on', i % 30) from generate_series(1, 10000) i;
create index on reviews (product);
analyze;

-- Counts the runs of the query below: a number taken is never given back.
create sequence page_queries;

create function product_page (wanted int) returns json language plpgsql as $$
begin
  perform nextval('page_queries');
  return (
    select json_build_object(
      'id', product.id, 'name', product.name, 'cents', product.cents, 'stars', round(rating.stars, 2),
      'betterRated', (select count(*) from (select avg(stars) as stars from reviews group by reviews.product) other where other.stars > rating.stars))
    from products product, lateral (select avg(stars) as stars from reviews where reviews.product = product.id) rating
    where product.id = wanted);
end $$;
